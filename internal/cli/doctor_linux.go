package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
)

func init() {
	checkPlatform = func(d *doctor) {
		d.checkPtrace()
		d.checkIsolation()
		d.checkCore()
		d.checkSwap()
	}
}

// checkPtrace looks at Yama (https://docs.kernel.org/admin-guide/LSM/Yama.html).
func (d *doctor) checkPtrace() {
	data, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	switch scope := strings.TrimSpace(string(data)); {
	case err != nil:
		d.add(stateNote, "any process of yours may read a worker's memory: this kernel has no Yama", "")
	case scope == "0":
		d.add(stateNote, "any process of yours may read a worker's memory (ptrace_scope is 0)", "sudo sysctl -w kernel.yama.ptrace_scope=1")
	default:
		d.add(stateOK, "a worker's memory is open to its ancestors only (ptrace_scope is "+scope+")", "")
	}
}

// checkIsolation looks at what --isolate takes. Yama has no say in what is only read
// from /proc, as environment and descriptors are (ptrace(2), PTRACE_MODE_READ).
func (d *doctor) checkIsolation() {
	err := inject.CanIsolate()
	if err == nil {
		d.add(stateOK, "a worker can be kept from your other processes (--isolate)", "")
		return
	}
	d.add(stateNote, fmt.Sprintf("a worker cannot be kept from your other processes: %v; it can signal its dispatcher, a broker and other workers, read their environment and descriptors through /proc where they do not close themselves, and trace them unless Yama forbids it", err),
		"Linux 6.12 or later, with Landlock")
}

// checkCore looks at where the memory of a worker that crashes goes (core(5)).
func (d *doctor) checkCore() {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur == 0 {
		d.add(stateOK, "a worker that crashes leaves no core file in this shell (ulimit -c is 0)", "")
		return
	}
	pattern, _ := os.ReadFile("/proc/sys/kernel/core_pattern")
	where := "a core file"
	if handler, ok := strings.CutPrefix(string(pattern), "|"); ok {
		program, _, _ := strings.Cut(strings.TrimSpace(handler), " ")
		where = "what " + filepath.Base(program) + " keeps"
	}
	d.add(stateNote, "a worker that crashes leaves its memory, secret included, in "+where, "ulimit -c 0")
}

// checkSwap looks for swap that is on a disk unencrypted, as far as the kernel tells
// (proc(5), /proc/swaps).
func (d *doctor) checkSwap() {
	data, err := os.ReadFile("/proc/swaps")
	if err != nil {
		return
	}
	encrypted := true
	for _, line := range strings.Split(string(data), "\n")[1:] {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "/dev/zram") || onCrypt(fields[0]) {
			continue
		}
		encrypted = false
		d.add(stateNote, fmt.Sprintf("a worker's memory and memfd may be swapped to %s, unencrypted as far as the kernel tells (a pipe never is)", fields[0]),
			hint.Command("sudo", "swapoff", fields[0])+", or encrypt it: man crypttab")
	}
	if encrypted {
		d.add(stateOK, "there is no unencrypted swap", "")
	}
}

// onCrypt reports whether a device is one of dm-crypt's.
func onCrypt(device string) bool {
	target, err := filepath.EvalSymlinks(device)
	if err != nil {
		return false
	}
	uuid, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(target), "dm", "uuid"))
	return err == nil && strings.HasPrefix(string(uuid), "CRYPT-")
}
