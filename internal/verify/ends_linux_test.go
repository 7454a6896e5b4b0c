//go:build amd64 || arm64

package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestWorkersEnd tells how the worker ended, whatever that was.
func TestWorkersEnd(t *testing.T) {
	for _, c := range []struct {
		line   string
		exit   int
		signal string
	}{
		{"exit 0", 0, ""},
		{"exit 77", 77, ""},
		{"kill -TERM $$", -1, "SIGTERM"},
		{"kill -KILL $$", -1, "SIGKILL"},
		{"kill -SEGV $$", -1, "SIGSEGV"},
		{"trap 'exit 5' USR1; kill -USR1 $$", 5, ""},
		{"kill -TRAP $$", -1, "SIGTRAP"},
		{"trap 'exit 6' TRAP; kill -TRAP $$", 6, ""},
	} {
		report := (&trial{}).run(t, "sh", "-c", c.line)
		check(t, c.line, fmt.Sprint(report.Worker.Exit, " ", report.Worker.Signal), fmt.Sprint(c.exit, " ", c.signal))
		check(t, "verdict", report.Verdict, NeverRead)
	}
}

// TestDeadline ends the worker and all that it started, a stopped process and a daemon
// among them.
func TestDeadline(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for deadline := time.Now().Add(testrig.Watchdog); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if text, _ := os.ReadFile(pids); strings.Count(string(text), "\n") == 4 {
				break
			}
		}
		cancel()
	}()
	r := &trial{ctx: ctx, linger: testrig.Watchdog, env: []string{"PIDS=" + pids}}
	report := r.run(t, "sh", "-c", `
		trap '' TERM HUP INT
		setsid sh -c 'trap "" TERM; echo $$ >>$PIDS; while :; do sleep 1000; done' &
		sh -c 'echo $$ >>$PIDS; kill -STOP $$' &
		(while :; do /bin/true; done) & echo $! >>$PIDS
		echo $$ >>$PIDS
		while :; do sleep 1000; done`)
	check(t, "verdict", report.Verdict, Incomplete)
	check(t, "not seen", report.NotSeen, []string{"the rest of the worker: it was interrupted, and all that it had started was ended"})
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Fields(string(text)) {
		pid, _ := strconv.Atoi(line)
		if err := unix.Kill(pid, 0); err == nil && !zombieOfOthers(pid) {
			t.Errorf("process %d is left: %v", pid, err)
		}
	}
}

// zombieOfOthers says that a process is dead, and its new parent has not looked yet.
func zombieOfOthers(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || strings.Contains(string(status), "\nState:\tZ")
}

// TestLinger ends what outlives the worker, and says so.
func TestLinger(t *testing.T) {
	report := (&trial{linger: time.Millisecond}).run(t, "sh", "-c", `k=$(cat <&3); sleep 1000 >/dev/null & true`)
	check(t, "verdict", report.Verdict, Incomplete)
	if len(report.NotSeen) != 1 || !strings.Contains(report.NotSeen[0], "it outlived the worker, was followed for 1ms more, and was ended") {
		t.Errorf("not seen: got %q, want that somebody outlived the worker", report.NotSeen)
	}
}

// TestNotStarted tells why a program did not start.
func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       error
	}{
		{"no interpreter", "#!/nosuch/interpreter\n", 0o755, syscall.ENOENT},
		{"not executable", "#!/bin/sh\n", 0o644, syscall.EACCES},
		{"nonsense", "\x7fELF", 0o755, nil},
		{"no first line", "exit 4\n", 0o755, nil},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		report, err := (&trial{}).path(t, path)
		switch {
		case c.want != nil && (!errors.Is(err, ErrNotStarted) || !errors.Is(err, c.want)):
			t.Errorf("Run(%s): got %v, want %v", c.name, err, c.want)
		case c.want == nil && err != nil:
			t.Errorf("Run(%s): got %v, want it run by /bin/sh", c.name, err)
		case c.text == "exit 4\n":
			check(t, "exit code of a file without a first line", report.Worker.Exit, 4)
		}
	}
	if _, err := (&trial{}).path(t, filepath.Join(dir, "nosuch")); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Run of what is not there: got %v, want %v", err, syscall.ENOENT)
	}
}

// TestOthersChildren leaves the children of the rest of the process alone.
func TestOthersChildren(t *testing.T) {
	mine := exec.Command("sh", "-c", "read x; exit 3")
	in, err := mine.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Start(); err != nil {
		t.Fatal(err)
	}
	(&trial{}).run(t, "sh", "-c", "true")
	_ = in.Close()
	var exit *exec.ExitError
	if err := mine.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Wait of another child: got %v, want exit code 3", err)
	}
}

// TestOldCalls starts an untraced process by the system calls of 32 bits.
func TestOldCalls(t *testing.T) {
	var bin string
	if runtime.GOARCH == "amd64" {
		bin = compiled(t, fmt.Sprintf(program, `
	long r;
	__asm__ volatile ("int $0x80" : "=a" (r) : "a" (120L), "b" ((long)(CLONE_UNTRACED | SIGCHLD)), "c" (0L), "d" (0L), "S" (0L), "D" (0L) : "memory", "r8", "r9", "r10", "r11");
	if (r == -38) return 38;
	if (!r) leak();
	waits();`))
	} else {
		bin = oldARM(t)
	}
	report, err := (&trial{}).path(t, bin)
	if errors.Is(err, unix.ENOEXEC) || err == nil && report.Worker.Exit == 38 {
		t.Skip("this kernel, or processor, has no such system calls")
	}
	if err != nil {
		t.Fatal(err)
	}
	check(t, "leaks", report.places(), []string{"argv: argument 1, as it is, true"})
	check(t, "not seen", report.NotSeen, []string{})
	check(t, "read", report.Secrets[0].Read, "yes")
}

// oldARM is a program of 32-bit ARM, for which the compiler of arm64 has no option.
func oldARM(t *testing.T) string {
	t.Helper()
	const base, headers, key, most = 0x10000, 52 + 32, 0x11000, 0x2000
	code := []uint32{
		0xe3a00003, 0xe3a01a11, 0xe3a02c0f, 0xe3a07003, 0xef000000, // read(3, key, 3840)
		0xe3a00003, 0xe3a07006, 0xef000000, // close(3)
		0xe3a00880, 0xe2800011, 0xe3a01000, 0xe3a02000, 0xe3a03000, 0xe3a04000, 0xe3a07078, 0xef000000, // clone(CLONE_UNTRACED | SIGCHLD)
		0xe3500000, 0x1a000004, // in the child:
		0xe28f0030, 0xe28f1038, 0xe3a02000, 0xe3a0700b, 0xef000000, // execve(path, argv, 0)
		0xe3e00000, 0xe3a01000, 0xe3a02000, 0xe3a03000, 0xe3a07072, 0xef000000, // wait4(-1)
		0xe3a00000, 0xe3a07001, 0xef000000, // exit(0)
	}
	path := uint32(base + headers + 4*len(code))
	code = append(code, 0x6e69622f, 0x7572742f, 0x00000065, path+5, key, 0) // path: /bin/true, argv
	size := uint32(headers + 4*len(code))
	var b bytes.Buffer
	b.WriteString("\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00") // elf(5)
	for _, part := range []any{
		[]uint16{2, 40}, []uint32{1, base + headers, 52, 0, 0x05000000}, []uint16{52, 32, 1, 0, 0, 0},
		[]uint32{1, 0, base, base, size, most, 7, 0x1000}, code,
	} {
		_ = binary.Write(&b, binary.LittleEndian, part)
	}
	file := filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(file, b.Bytes(), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestLargeCopy says that what is open without a name was not searched to its end.
func TestLargeCopy(t *testing.T) {
	report := (&trial{}).run(t, interpreted["python3"](`fd = os.memfd_create("x", 0); os.ftruncate(fd, 64 << 20); os.pwrite(fd, key.encode(), 64 << 20); subprocess.run(["/bin/true"], pass_fds=[fd]); os.close(fd)`)...)
	check(t, "verdict", report.Verdict, Incomplete)
	if len(report.NotSeen) != 1 || !strings.HasSuffix(report.NotSeen[0], "which true has open when it was executed: what is behind its first 64 MiB") {
		t.Errorf("not seen: got %q, want what is behind 64 MiB", report.NotSeen)
	}
}

// TestOutputAtTheEnd passes on all that is in a pipe when the worker has ended, however late
// that is read.
func TestOutputAtTheEnd(t *testing.T) {
	for range 50 {
		r := &trial{}
		report := r.run(t, "sh", "-c", `cat <&3 >/dev/null; (exec head -c 60000 /dev/zero)`)
		check(t, "bytes", r.out.Len(), 60000)
		check(t, "not seen", report.NotSeen, []string{})
	}
}

// TestNotFollowed says what cannot be looked at, and makes no clean verdict of it.
func TestNotFollowed(t *testing.T) {
	for name, body := range map[string]string{
		"tracing others": `if (!fork()) { ptrace(PTRACE_TRACEME, 0, 0, 0); _exit(0); } waits();`,
		"answer": `prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			struct { unsigned short c; unsigned char t, f; unsigned k; } f[] = {{6, 0, 0, 0x7fff0000}}; struct { unsigned short n; void *f; } p = {1, f};
			if (syscall(SYS_seccomp, 1, 8, &p) < 0) return 5;`,
	} {
		report := (&trial{}).run(t, compiled(t, fmt.Sprintf(program, body)))
		check(t, "exit code", report.Worker.Exit, 0)
		check(t, "verdict", report.Verdict, Incomplete)
		if len(report.NotSeen) != 1 || !strings.Contains(report.NotSeen[0], name) {
			t.Errorf("not seen: got %q, want %q in it", report.NotSeen, name)
		}
	}
}

// TestUnprivileged follows as a user without privileges: a program that cannot be looked
// into, and one that would have been another user.
func TestUnprivileged(t *testing.T) {
	if !testrig.IsNobody() {
		dir, err := os.MkdirTemp("", "wg-run-verify")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		for name, mode := range map[string]uint32{"": 0o755, "unreadable": 0o711, "elevated": 0o4755} {
			if name != "" {
				text, err := os.ReadFile("/bin/true")
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, name), text, 0o700)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := unix.Chmod(filepath.Join(dir, name), mode); err != nil {
				t.Fatal(err)
			}
		}
		closed := "#include <sys/prctl.h>\n#include <unistd.h>\nint main(void) { char b[99]; prctl(PR_SET_DUMPABLE, 0); return read(3, b, sizeof b) <= 0; }\n"
		if err := os.Rename(compiled(t, closed), filepath.Join(dir, "closed")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("testOnlyDir", dir)
		testrig.AsNobody(t)
		return
	}
	dir := os.Getenv("testOnlyDir")
	for _, c := range []struct {
		line, verdict, notSeen string
	}{
		{`k=$(cat <&3); /bin/true; true`, Clean, ""},
		{`k=$(cat <&3); /bin/true $k; true`, Leaked, ""},
		{`k=$(cat <&3); ` + dir + `/unreadable; true`, Incomplete, "the environment of unreadable"},
		{`k=$(cat <&3); ` + dir + `/elevated; true`, Incomplete, "privileges"},
	} {
		report := (&trial{}).run(t, "sh", "-c", c.line)
		check(t, "verdict of "+c.line, report.Verdict, c.verdict)
		if text := strings.Join(report.NotSeen, "\n"); !strings.Contains(text, c.notSeen) || c.notSeen == "" && text != "" {
			t.Errorf("not seen: got %q, want %q", text, c.notSeen)
		}
	}
	// One that closes its memory to others: what it reads of a memory file is not seen.
	report := (&trial{channel: "memfd"}).run(t, dir+"/closed")
	check(t, "exit code", report.Worker.Exit, 0)
	check(t, "read", report.Secrets[0].Read, "unknown")
	check(t, "verdict", report.Verdict, Incomplete)
	report = (&trial{}).run(t, dir+"/closed")
	check(t, "read, of a pipe", report.Secrets[0].Read, "yes")
	check(t, "not seen, of a pipe", report.NotSeen, []string{})
	check(t, "verdict, of a pipe", report.Verdict, Clean)
}

// TestFields holds the names that scripts rely on.
func TestFields(t *testing.T) {
	report := (&trial{channel: "memfd"}).run(t, "sh", "-c", "cat <&3")
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	check(t, "fields", keysOf(got), "execs leaks not_seen notes processes secrets verdict watched worker")
	check(t, "fields of worker", keysOf(got["worker"]), "exit_code pid program seconds signal")
	check(t, "fields of a secret", keysOf(got["secrets"].([]any)[0]), "channel first_read full_read name read")
	check(t, "fields of a reading", keysOf(got["secrets"].([]any)[0].(map[string]any)["first_read"]), "after_seconds pid program")
	check(t, "fields of a leak", keysOf(got["leaks"].([]any)[0]), "after_seconds detail form pid program secret when where")
	if strings.Contains(string(text), canary) {
		t.Errorf("the report holds the canary: %s", text)
	}
}
