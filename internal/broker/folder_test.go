//go:build unix

package broker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What brokers left that were killed is removed when the next one begins; what lives, and
// what is none of ours, stays.
func TestFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", "")
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(home, "run")
	for _, name := range []string{"1073741824-5", "notes", "1-0"} {
		if err := os.MkdirAll(filepath.Join(run, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run, name, socketName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := makeFolder(home, self)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dir: true, run + "/1073741824-5": false, run + "/1-0": false, run + "/notes/" + socketName: true} {
		if _, err := os.Stat(path); err == nil != want {
			t.Errorf("after makeFolder %s: %v, want it there: %v", path, err, want)
		}
	}
	if fi, err := os.Stat(dir); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("the folder has %v, %v; want 0700", fi.Mode(), err)
	}
	if got := Live(home); len(got) != 0 {
		t.Errorf("Live() = %v where nobody listens, want none", got)
	}
	l, err := listen(filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(l) }()
	// Anybody can make a folder that names a process, and listen in it.
	parent, err := identify(os.Getppid())
	if err != nil {
		t.Fatal(err)
	}
	false1, err := makeFolderAt(run, parent)
	if err != nil {
		t.Fatal(err)
	}
	l2, err := listen(filepath.Join(false1, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(l2) }()
	if got := Live(home); len(got) != 1 || got[0].identity != self {
		t.Errorf("Live() = %v, want only %v", got, self)
	}
	if _, err := makeFolder(home, self); err == nil {
		t.Error("makeFolder() where it is there already: no error, want one")
	}
	if _, err := makeFolder("", self); err == nil {
		t.Error("makeFolder() without a home: no error, want one")
	}
	if _, err := makeFolder(filepath.Join(home, strings.Repeat("x", maxSocket)), self); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("makeFolder() of a long path: %v, want that it is too long", err)
	}
}

// A runtime folder that others can write to is not used.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, row := range []struct {
		xdg  string
		mode os.FileMode
		want string
	}{
		{dir, 0o700, dir + "/wg-run /home/run"},
		{dir, 0o777, "/home/run"},
		{"relative", 0o700, "/home/run"},
		{"", 0o700, "/home/run"},
	} {
		if err := os.Chmod(dir, row.mode); err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_RUNTIME_DIR", row.xdg)
		if got := strings.Join(folders("/home"), " "); got != row.want {
			t.Errorf("folders() with XDG_RUNTIME_DIR=%q of mode %o = %q, want %q", row.xdg, row.mode, got, row.want)
		}
	}
}
