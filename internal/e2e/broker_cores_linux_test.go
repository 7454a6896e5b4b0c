package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// limit PID has a process end with a core file after a second of its time.
func limit(args []string) error {
	pid, _ := strconv.Atoi(args[0])
	var core, cpu unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_CORE, nil, &core)
	if err == nil {
		core.Cur = core.Max
		err = unix.Prlimit(pid, unix.RLIMIT_CORE, &core, nil)
	}
	if err == nil {
		err = unix.Prlimit(pid, unix.RLIMIT_CPU, nil, &cpu)
	}
	if err == nil {
		cpu.Cur = 1
		err = unix.Prlimit(pid, unix.RLIMIT_CPU, &cpu, nil)
	}
	return err
}

// cores DISPATCHER BROKER prints for these and the broker's helper who owns /proc/PID
// (proc(5): root, where a process is not dumpable) and the limit of core files.
func cores(args []string) error {
	dispatcher, _ := strconv.Atoi(args[0])
	broker, _ := strconv.Atoi(args[1])
	helper := 0
	for until := time.Now().Add(10 * time.Second); helper == 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
		helper = childOf(broker)
	}
	for until := time.Now().Add(10 * time.Second); childOf(helper) == 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
	}
	for name, pid := range map[string]int{"dispatcher": dispatcher, "broker": broker, "helper": helper} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(text), "Max core file size")
		how := "open"
		if closed(pid) {
			how = "closed"
		}
		fmt.Println(name, how, strings.Fields(rest)[0], strings.Fields(rest)[1])
	}
	return nil
}

// closed reports whether a process is not dumpable: its files are root's then.
func closed(pid int) bool {
	var st unix.Stat_t
	return unix.Stat(fmt.Sprintf("/proc/%d/environ", pid), &st) != nil || st.Uid == 0
}
