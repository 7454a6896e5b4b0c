//go:build unix

package safefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stranger is a uid that is neither ours nor root's.
const stranger = 12345

func needRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("chown needs root")
	}
}

func TestForeignOwner(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	put(t, path, []byte("x"), 0o600)
	if err := errors.Join(os.Chown(path, stranger, 0), os.Chown(dir, stranger, 0)); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, Rule{Max: 10}); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "owned by uid 12345") {
		t.Errorf("Read(a stranger's file) = %q, %v; want ErrUnsafe: owned by uid 12345", got, err)
	}
	if err := CheckDir(dir); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "owned by uid 12345") {
		t.Errorf("CheckDir(a stranger's folder) = %v, want ErrUnsafe: owned by uid 12345", err)
	}
}

// A user reads root's files (a system-wide profile), not another user's.
func TestRootsFilesAreOurs(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // t.TempDir is closed to others
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "helper")
	if err := os.Link(os.Args[0], bin); err != nil {
		data, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		put(t, bin, data, 0o755)
	}
	for _, c := range []struct {
		owner   int
		mode    os.FileMode
		private string
		want    string
	}{
		{0, 0o644, "", "content"},
		{stranger, 0o600, "yes", "content"},
		{stranger + 1, 0o644, "", "error: "},
		{0, 0o644, "yes", "error: "},
		{0, 0o600, "", "error: "},
	} {
		path := filepath.Join(dir, "f")
		put(t, path, []byte("content"), c.mode)
		if err := os.Chown(path, c.owner, 0); err != nil {
			t.Fatal(err)
		}
		cmd := asHelper("read", path)
		cmd.Path = bin
		cmd.Env = append(cmd.Env, "testOnlyPrivate="+c.private)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
		out, _ := cmd.CombinedOutput()
		if !strings.HasPrefix(string(out), c.want) {
			t.Errorf("Read(mode %04o of uid %d) as uid %d, private %q: got %q, want %q", c.mode, c.owner, stranger, c.private, out, c.want)
		}
	}
}

func TestCheckDir(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		mode os.FileMode
		ok   bool
	}{{0o700, true}, {0o755, true}, {0o500, true}, {0o702, false}, {0o777, false}, {0o777 | os.ModeSticky, true}} {
		if err := os.Chmod(dir, c.mode); err != nil {
			t.Fatal(err)
		}
		if err := CheckDir(dir); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrUnsafe) {
			t.Errorf("CheckDir(mode %v) = %v, want ok %v", c.mode, err, c.ok)
		}
	}
	for gid, ok := range map[int]bool{os.Geteuid(): true, stranger: false} { // the owner's private group, and another
		if err := errors.Join(os.Chown(dir, -1, gid), os.Chmod(dir, 0o770)); err != nil {
			t.Skip(err)
		}
		if err := CheckDir(dir); (err == nil) != ok || err != nil && !errors.Is(err, ErrUnsafe) {
			t.Errorf("CheckDir(mode 0770 of group %d) = %v, want ok %v", gid, err, ok)
		}
	}
	file := filepath.Join(t.TempDir(), "f")
	put(t, file, nil, 0o600)
	if err := CheckDir(file); !errors.Is(err, ErrUnsafe) {
		t.Errorf("CheckDir(a file) = %v, want ErrUnsafe", err)
	}
	if err := CheckDir(file + "-missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("CheckDir(nothing) = %v, want os.ErrNotExist", err)
	}
}

func TestMkdirPrivate(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o077} {
		withUmask(t, mask)
		dir := t.TempDir()
		deep := filepath.Join(dir, "a", "b")
		if err := MkdirPrivate(deep); err != nil {
			t.Errorf("umask %03o: MkdirPrivate(%s) = %v, want nil", mask, deep, err)
		}
		for _, d := range []string{deep, filepath.Dir(deep)} {
			if got := modeOf(d); got != "drwx------" {
				t.Errorf("umask %03o: MkdirPrivate(%s): %s is %s, want drwx------", mask, deep, d, got)
			}
		}
		if err := MkdirPrivate(deep); err != nil {
			t.Errorf("MkdirPrivate(%s) once more = %v, want nil", deep, err)
		}
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := MkdirPrivate(open); !errors.Is(err, ErrUnsafe) {
		t.Errorf("MkdirPrivate(a folder of mode 0777) = %v, want ErrUnsafe", err)
	}
}
