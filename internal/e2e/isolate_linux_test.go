package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/testrig"
)

// attempts are the ways into another process, nil if one is open.
var attempts = []struct {
	name string
	do   func(target) error
}{
	{"ptrace", func(t target) error {
		if err := unix.PtraceAttach(t.pid); err != nil {
			return err
		}
		if _, err := unix.Wait4(t.pid, nil, unix.WALL, nil); err != nil {
			return err
		}
		return unix.PtraceDetach(t.pid)
	}},
	{"process_vm_readv", func(t target) error {
		got := make([]byte, len(treasure))
		local := []unix.Iovec{{Base: &got[0]}}
		local[0].SetLen(len(got))
		_, err := unix.ProcessVMReadv(t.pid, local, []unix.RemoteIovec{{Base: t.address, Len: len(got)}}, 0)
		if err == nil && string(got) != string(treasure[:]) {
			err = fmt.Errorf("read %q", got)
		}
		return err
	}},
	{"mem", func(t target) error { return opens(t, "mem") }},
	{"environ", func(t target) error { return opens(t, "environ") }},
	{"maps", func(t target) error { return opens(t, "maps") }},
	{"fd", func(t target) error { return opens(t, fmt.Sprint("fd/", t.fd)) }},
	{"fd-link", func(t target) error { return leads(t, fmt.Sprint("fd/", t.fd)) }},
	{"exe", func(t target) error { return leads(t, "exe") }},
	{"pidfd_getfd", func(t target) error {
		pidfd, err := unix.PidfdOpen(t.pid, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(pidfd) }()
		fd, err := unix.PidfdGetfd(pidfd, t.fd, 0)
		_ = unix.Close(fd)
		return err
	}},
	{"kill-0", func(t target) error { return unix.Kill(t.pid, 0) }},
	{"kill-TERM", func(t target) error { return unix.Kill(t.pid, unix.SIGTERM) }}, // which it ignores
}

func proc(t target, name string) string { return fmt.Sprintf("/proc/%d/%s", t.pid, name) }

func opens(t target, name string) error {
	fd, err := unix.Open(proc(t, name), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	return err
}

func leads(t target, name string) error {
	_, err := unix.Readlink(proc(t, name), make([]byte, 4096))
	return err
}

// An isolated worker gets at nothing but its own children; one that is not, of the
// same user, gets at all.
func TestIsolated(t *testing.T) {
	t.Run("nobody", func(t *testing.T) { checkIsolated(t, strangers(t, someHome), nil) })
	if os.Geteuid() != 0 {
		return
	}
	// Whoever has CAP_PERFMON or CAP_SYS_ADMIN may read these on newer kernels, whatever
	// Landlock says (may_access_mm in kernel/fork.c).
	t.Run("root", func(t *testing.T) { checkIsolated(t, newPlace(t, someHome), []string{"environ", "maps"}) })
	testrig.Need(t, "setpriv")
	t.Run("lesser root", func(t *testing.T) {
		checkIsolated(t, newPlace(t, someHome), nil, "setpriv", "--bounding-set=-perfmon,-sys_admin")
	})
}

// checkIsolated has a dispatcher, started behind the words of before, tell how the
// attacks on it go; those of excepted may.
func checkIsolated(t *testing.T, p *place, excepted []string, before ...string) {
	if err := inject.CanIsolate(); err != nil {
		t.Skip(err)
	}
	copied, err := testrig.CopyOfUs(t)
	if err != nil {
		t.Fatal(err)
	}
	// The race detector would have each process sleep for a second at its end.
	p.env = append(p.env, testOnlyRole+"=dispatch", "GORACE=atexit_sleep_ms=0")
	for _, flags := range [][]string{nil, {"--isolate"}} {
		got := p.exec("", slices.Concat(before, []string{copied.Path, p.bin}, flags)...)
		answers := strings.Fields(got.stdout)
		if targets := 5; got.code != 0 || got.stderr != "" || len(answers) != 3*targets*len(attempts) {
			t.Fatalf("attacking with %q = %d, %q, stderr %q; want an answer to each", flags, got.code, got.stdout, got.stderr)
		}
		for a := range slices.Chunk(answers, 3) {
			target, attempt, answer := a[0], a[1], a[2]
			own := target == "child" || target == "below"
			if flags != nil && !own && slices.Contains(excepted, attempt) {
				continue
			}
			denied := strings.Contains("operation_not_permitted permission_denied", answer)
			if open := flags == nil || own; open != (answer == "done") || !open && !denied {
				t.Errorf("a worker with %q tries %s on %s: %s, want it to succeed: %v", flags, attempt, target, answer, open)
			}
		}
	}
}
