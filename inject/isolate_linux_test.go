package inject

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/testrig"
)

// The worker is isolated as it was asked for, in place or not, from any thread, and
// gets the descriptors that it would get without.
func TestIsolate(t *testing.T) {
	needIsolation(t)
	places := map[string]bool{}
	for _, c := range []struct{ open, secrets, numbers string }{
		{"", "api_key=pipe", "3"},
		{"3 5", "api_key=pipe second=memfd", "4 6"},
		{"", "api_key=pipe second=memfd third=pipe fourth=memfd", "3 4 5 6"},
	} {
		for _, asked := range []Isolation{NotIsolated, IsolatedIfPossible, Isolated} {
			for _, env := range []string{"", "testOnlyNoNewPrivs=1", "testOnlyThread=1", "testOnlyNoNewPrivs=1 testOnlyThread=1"} {
				env += fmt.Sprintf(" testOnlyIsolate=%d GODEBUG=containermaxprocs=0", asked)
				call := c.open + " " + c.secrets + " " + env
				got := runWorker(t, self(t), c.open, env, strings.Fields(c.secrets))
				checkSecrets(t, call, got, strings.Fields(c.secrets), strings.Fields(c.numbers))
				checkCallers(t, call, got, strings.Fields(c.open))
				if want := len(strings.Fields(c.numbers)) + len(strings.Fields(c.open)); len(got.Inherited) != want {
					t.Errorf("%s: the worker inherits %v, want %d descriptors", call, got.Inherited, want)
				}
				checkIsolation(t, call, got, asked, strings.Contains(env, "NoNewPrivs"))
				places[got.Isolation.InPlace] = true
			}
		}
	}
	if len(places) != 2 {
		t.Errorf("descriptors in place: only %v, want both, or this tests half", places)
	}
}

func TestIsolateAsNobody(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	needIsolation(t)
	got := runWorker(t, self(t), "", "testOnlyIsolate=2", []string{"api_key=pipe"})
	checkIsolation(t, "as nobody", got, Isolated, false)
}

// checkIsolation wants no_new_privs and the domain, and one filter where the first
// was there before.
func checkIsolation(t *testing.T, call string, got report, asked Isolation, before bool) {
	t.Helper()
	want := isolation{NoNewPrivs: status("NoNewPrivs"), Filters: status("Seccomp_filters"), InPlace: got.Isolation.InPlace}
	if asked != NotIsolated {
		want.Kill, want.Memory = unix.EPERM.Error(), unix.EACCES.Error()
		want.Filters++
	}
	if before || asked != NotIsolated {
		want.NoNewPrivs = 1
	}
	if got.Isolation != want {
		t.Errorf("%s: the worker finds %+v, want %+v", call, got.Isolation, want)
	}
	if got.Dumpable != 1 {
		t.Errorf("%s: PR_GET_DUMPABLE in the worker = %d, want 1", call, got.Dumpable)
	}
}

// From isolating to executing it stays on its thread.
func TestIsolateLocksThread(t *testing.T) {
	needIsolation(t)
	got := runWorker(t, self(t), "", "testOnlyIsolate=2 testOnlyUnrest=1 GODEBUG=containermaxprocs=0", []string{"api_key=pipe"})
	checkIsolation(t, "with the thread in demand", got, Isolated, false)
	if got.Isolation.InPlace != "true" {
		t.Fatal("the descriptor was not in place: the thread is locked anyway, and this tests nothing")
	}
}

// What cannot be isolated is refused before a backend is asked, and tolerated where
// it was asked for only if possible.
func TestPrepareIsolation(t *testing.T) {
	was := canIsolate
	defer func() { canIsolate = was }()
	if noNewPrivs() {
		t.Skip("no_new_privs is set: no program becomes anybody else")
	}
	program := setID(t)
	missing := func() error { return errors.New("something is missing") }
	for _, c := range []struct {
		call   string
		worker string
		asked  Isolation
		can    func() error
		want   string
		hint   string
	}{
		{"not asked for", "sh", NotIsolated, missing, "", ""},
		{"if possible", "sh", IsolatedIfPossible, missing, "", ""},
		{"required", "sh", Isolated, missing, "isolating the worker: something is missing", "wg-run --no-isolate … -- sh …"},
		{"required on another system", "sh", Isolated, nil, "isolating the worker: only Linux", "--no-isolate"},
		{"required and there", "sh", Isolated, func() error { return nil }, "", ""},
		{"set-uid, not asked for", program, NotIsolated, missing, "", ""},
		{"set-uid, if possible", program, IsolatedIfPossible, missing, filepath.Base(program) + " runs as another user, which no_new_privs does not let it", "wg-run --no-isolate … -- " + filepath.Base(program)},
		{"set-uid, required", program, Isolated, func() error { return nil }, "isolating the worker: ", "wg-run --no-isolate"},
	} {
		canIsolate = c.can
		r, said, _ := asked()
		req := Request{
			Secrets: []Want{literal(t, "api_key", "")}, Argv: []string{c.worker},
			Environ: []string{"PATH=" + os.Getenv("PATH")}, Isolate: c.asked,
		}
		p, err := Prepare(context.Background(), r, req)
		if p != nil {
			p.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || *said != 0 || !strings.Contains(hint.Of(err), c.hint)) {
			t.Errorf("%s: Prepare = %v, hint %q, with %d backends asked; want %q, hint %q, none", c.call, err, hint.Of(err), *said, c.want, c.hint)
		}
	}
}

// setID is a program that runs as somebody else than this test.
func setID(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		testrig.Need(t, "su")
		return "su"
	}
	file := filepath.Join(t.TempDir(), "other")
	must(t, os.WriteFile(file, []byte("#!/bin/true\n"), 0o755))
	must(t, os.Chown(file, 65534, 65534))
	must(t, unix.Chmod(file, 0o4755))
	return file
}

// Which programs change who they are: execve(2).
func TestElevated(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	if noNewPrivs() {
		t.Skip("no_new_privs is set: no program changes anything")
	}
	dir, err := os.MkdirTemp("", "wg-run-elevated") // t.TempDir is closed to others
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	must(t, os.Chmod(dir, 0o755))
	file := filepath.Join(dir, "program")
	must(t, os.WriteFile(file, nil, 0o755))
	for _, c := range []struct {
		uid, gid int
		mode     uint32
		want     string
	}{
		{0, 0, 0o755, ""}, {65534, 65534, 0o755, ""}, {0, 0, 0o6755, ""},
		{65534, 0, 0o4755, "as another user"}, {65534, 65534, 0o6755, "as another user"}, {0, 65534, 0o4755, ""},
		{0, 65534, 0o2755, "as another group"}, {65534, 0, 0o2755, ""},
		{0, 65534, 0o2745, ""}, // mandatory locking once, and no more
	} {
		must(t, os.Chown(file, c.uid, c.gid))
		must(t, unix.Chmod(file, c.mode))
		if got := linuxElevated(file); got != c.want {
			t.Errorf("linuxElevated of %d:%d %o = %q, want %q", c.uid, c.gid, c.mode, got, c.want)
		}
	}
}

// Capabilities of a file count, but not for root, who has them all.
func TestElevatedByCapabilities(t *testing.T) {
	if os.Geteuid() != 0 || noNewPrivs() {
		t.Skip("only root can give a file capabilities")
	}
	dir, err := os.MkdirTemp("", "wg-run-elevated")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	must(t, os.Chmod(dir, 0o755))
	file := filepath.Join(dir, "program")
	must(t, os.WriteFile(file, nil, 0o755))
	netRaw := make([]byte, 20) // struct vfs_cap_data
	binary.LittleEndian.PutUint32(netRaw, 0x02000001)
	binary.LittleEndian.PutUint32(netRaw[4:], 1<<unix.CAP_NET_RAW)
	asOther := func() string {
		said := make(chan string)
		go func() { // whose thread ends with it
			runtime.LockOSThread()
			if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), 65534, ^uintptr(0)); errno != 0 {
				said <- errno.Error()
			}
			said <- linuxElevated(file)
		}()
		return <-said
	}
	if got := asOther(); got != "" {
		t.Errorf("linuxElevated of a program without capabilities = %q, want none", got)
	}
	if err := unix.Setxattr(file, "security.capability", netRaw, 0); err != nil {
		t.Skip("this file system keeps no capabilities:", err)
	}
	if got, want := asOther(), "with capabilities of its own"; got != want {
		t.Errorf("linuxElevated of a program with capabilities = %q, want %q", got, want)
	}
	if got := linuxElevated(file); got != "" {
		t.Errorf("linuxElevated of a program with capabilities = %q for root, want none", got)
	}
}

// needIsolation skips where the kernel has none: nothing can install that.
func needIsolation(t *testing.T) {
	t.Helper()
	if err := CanIsolate(); err != nil {
		t.Skip(err)
	}
}

// Looking whether a worker can be isolated leaves this process as it was.
func TestCanIsolateLeavesNothing(t *testing.T) {
	for range 200 {
		_ = CanIsolate()
	}
	data, err := os.ReadFile("/proc/self/status") // of the first thread
	if err != nil || !strings.Contains(string(data), "\nNoNewPrivs:\t0\n") {
		t.Errorf("after CanIsolate the process has %s, %v; want no_new_privs unset", data, err)
	}
}
