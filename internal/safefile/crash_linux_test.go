package safefile

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// writerCalls are the system calls with which a write changes something or
// waits for the disk.
var writerCalls = []string{"openat", "flock", "write", "fsync", "close", "renameat", "fcntl"}

// newWorld is a folder with the old content and what an earlier victim left.
func newWorld(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "secrets.toml")
	put(t, path, oldContent, 0o600)
	return dir, path
}

// A writer that is killed at any of its system calls leaves the old content or
// the new one, whole; the next writer succeeds and removes what it left.
func TestKilledWriter(t *testing.T) {
	testrig.Need(t, "strace")
	seen := struct{ killed, old, new, left int }{}
	for _, call := range writerCalls {
		for n := 1; ; n++ {
			if n > 200 {
				t.Fatalf("%s: the writer was killed 200 times, want an end", call)
			}
			dir, path := newWorld(t)
			if !killedAt(t, path, call, n) {
				break
			}
			seen.killed++
			got, err := os.ReadFile(path)
			switch {
			case err == nil && bytes.Equal(got, oldContent):
				seen.old++
			case err == nil && bytes.Equal(got, newContent):
				seen.new++
			default:
				t.Errorf("killed at %s number %d: %d bytes, %v; want the old %d or the new %d", call, n, len(got), err, len(oldContent), len(newContent))
			}
			seen.left += strings.Count(tree(t, dir), ".secrets.toml")
			if got := modeOf(path); got != "-rw-------" {
				t.Errorf("killed at %s number %d: mode %s, want -rw-------", call, n, got)
			}
			mustLock(t, dir)()
			if err := Write(path, oldContent); err != nil {
				t.Errorf("killed at %s number %d: the next Write = %v, want nil", call, n, err)
			}
			if got, want := tree(t, dir), "-rw------- .lock\n-rw------- secrets.toml"; got != want {
				t.Errorf("killed at %s number %d: after the next Write: %q, want %q", call, n, got, want)
			}
		}
	}
	t.Logf("%+v", seen)
	if seen.killed < 10 || seen.old == 0 || seen.new == 0 || seen.left == 0 {
		t.Errorf("the writer's deaths: %+v, want some before and some after the rename, and some with a file left over", seen)
	}
}

// killedAt runs a writer that is killed at its n-th call of that kind, and
// reports whether it was.
func killedAt(t *testing.T, path, call string, n int) bool {
	t.Helper()
	cmd := asHelper("write", path, "strace", "-f", "-qq", "-o", "/dev/null",
		"-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n))
	// A runtime with few threads makes the same calls each time.
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1", "GOGC=off")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	exit, ok := err.(*exec.ExitError)
	if !ok {
		t.Fatalf("starting strace: %v", err)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the writer with %s number %d: %v, %s; want it killed or done", call, n, err, out)
	}
	return true
}

// A system call that fails leaves the old content, nothing beside it, and an
// error. (An fsync of the folder that fails comes after the rename.)
func TestFailingCalls(t *testing.T) {
	testrig.Need(t, "strace")
	for _, c := range []struct {
		inject string
		want   string
		then   []byte
	}{
		{"write:error=ENOSPC:when=1", "no space left on device", oldContent},
		{"write:error=EDQUOT:when=1", "disk quota exceeded", oldContent},
		{"write:error=EIO:when=1", "input/output error", oldContent},
		{"write:retval=100:when=1", "", newContent}, // a short write goes on
		{"fsync:error=EIO:when=1", "input/output error", oldContent},
		{"fsync:error=ENOSPC:when=1", "no space left on device", oldContent},
		{"fsync:error=EIO:when=2", "input/output error", newContent},
		{"renameat:error=EACCES:when=1", "permission denied", oldContent},
	} {
		dir, path := newWorld(t)
		call, _, _ := strings.Cut(c.inject, ":")
		cmd := asHelper("write", path, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call, "-e", "inject="+c.inject)
		out, err := cmd.CombinedOutput()
		if (err != nil) != (c.want != "") || !strings.Contains(string(out), c.want) || bytes.Contains(out, []byte("the new content")) {
			t.Errorf("Write with %s: %v, %q; want %q", c.inject, err, out, c.want)
		}
		if strings.Contains(c.inject, "retval") { // the bytes that strace swallowed
			continue
		}
		if got := content(t, path); got != string(c.then) {
			t.Errorf("Write with %s: then %d bytes, want %d", c.inject, len(got), len(c.then))
		}
		if got, want := tree(t, dir), "-rw------- .lock\n-rw------- secrets.toml"; got != want {
			t.Errorf("Write with %s: the folder holds %q, want %q", c.inject, got, want)
		}
	}
}

// The file is on the disk before it gets its name, and the name before Write
// returns.
func TestSyncOrder(t *testing.T) {
	testrig.Need(t, "strace")
	dir, path := newWorld(t)
	log := filepath.Join(t.TempDir(), "log")
	cmd := asHelper("write", path, "strace", "-f", "-qq", "-y", "-o", log, "-e", "trace=write,fsync,renameat")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the writer: %v, %s", err, out)
	}
	var got []string
	for line := range strings.Lines(content(t, log)) {
		for _, c := range []struct{ name, sign string }{
			{"write file", "write(9<" + dir + "/.secrets.toml"}, {"fsync file", "fsync(9<" + dir + "/.secrets.toml"},
			{"rename", "renameat("}, {"fsync folder", "fsync(9<" + dir + ">"},
		} {
			if strings.Contains(anyDescriptor(line), c.sign) {
				got = append(got, c.name)
			}
		}
	}
	if got, want := strings.Join(got, ", "), "write file, fsync file, rename, fsync folder"; got != want {
		t.Errorf("Write calls %q, want %q", got, want)
	}
}

// anyDescriptor makes the number of a traced descriptor a 9.
func anyDescriptor(line string) string {
	i, j := strings.IndexByte(line, '('), strings.IndexByte(line, '<')
	if i < 0 || j < i {
		return line
	}
	return line[:i+1] + "9" + line[j:]
}
