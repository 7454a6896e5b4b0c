//go:build unix

package safefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("reading %s: %v", path, err)
	}
	return string(b)
}

func TestWriteModes(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o077} {
		withUmask(t, mask)
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		for _, text := range []string{"first", "", strings.Repeat("x", 1<<20)} {
			if err := Write(path, []byte(text)); err != nil {
				t.Errorf("umask %03o: Write(%d bytes) = %v, want nil", mask, len(text), err)
			}
			if got := content(t, path); got != text {
				t.Errorf("umask %03o: Write(%d bytes): then %d bytes, want them", mask, len(text), len(got))
			}
			if got, want := tree(t, dir), "-rw------- f"; got != want {
				t.Errorf("umask %03o: Write: the folder holds %q, want %q", mask, got, want)
			}
		}
	}
}

// A file that was open to others is not when it was written.
func TestWriteNarrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, []byte("old"), 0o666)
	if err := Write(path, []byte("new")); err != nil {
		t.Fatalf("Write(over mode 0666) = %v, want nil", err)
	}
	if got := modeOf(path); got != "-rw-------" {
		t.Errorf("Write(over mode 0666): mode %s, want -rw-------", got)
	}
}

// The old file stays as it was for who has it open: it is replaced, not written.
func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, oldContent, 0o600)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := Write(path, newContent); err != nil {
		t.Fatalf("Write = %v, want nil", err)
	}
	got := make([]byte, len(newContent))
	n, _ := f.ReadAt(got, 0)
	if string(got[:n]) != string(oldContent) {
		t.Errorf("Write: an open reader of the old file sees %d bytes, want the old %d", n, len(oldContent))
	}
}

// A symlink is followed and stays, whatever it points to.
func TestWriteFollowsLinks(t *testing.T) {
	for name, links := range map[string]map[string]string{
		"relative":          {"wg/f": "../store/real"},
		"absolute":          {"wg/f": "ABS/store/real"},
		"chain":             {"wg/f": "g", "wg/g": "ABS/h", "h": "store/real"},
		"through a folder":  {"wg/f": "folder/real", "wg/folder": "../store"},
		"the folder itself": {"home": "deep/in/dotfiles", "home/f": "../../../store/real"},
	} {
		for _, dangling := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "x", "y") // a wrong turn stays inside
			for _, d := range []string{"wg", "store", "deep/in/dotfiles"} {
				if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "wg/f")
			if to, ok := links["home"]; ok { // before what lies behind it
				path = filepath.Join(dir, "home/f")
				link(t, dir, "home", to)
			}
			for from, to := range links {
				if from != "home" {
					link(t, dir, from, to)
				}
			}
			real := filepath.Join(dir, "store/real")
			if !dangling {
				put(t, real, oldContent, 0o600)
			}
			call := "Write(link: " + name + ")"
			if dangling {
				call = "Write(dangling link: " + name + ")"
			}
			if err := Write(path, []byte("new")); err != nil {
				t.Errorf("%s = %v, want nil", call, err)
				continue
			}
			if got := modeOf(path); !strings.HasPrefix(got, "L") {
				t.Errorf("%s: then %s, want the link to stay", call, got)
			}
			if got, err := os.ReadFile(real); string(got) != "new" {
				t.Errorf("%s: the target holds %q, %v; want %q", call, got, err, "new")
			}
			if got, want := tree(t, filepath.Join(dir, "store")), "-rw------- real"; got != want {
				t.Errorf("%s: the target's folder holds %q, want %q", call, got, want)
			}
		}
	}
}

func link(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Symlink(strings.ReplaceAll(to, "ABS", dir), filepath.Join(dir, from)); err != nil {
		t.Fatal(err)
	}
}

func TestWriteLinkLoop(t *testing.T) {
	dir := t.TempDir()
	link(t, dir, "a", "b")
	link(t, dir, "b", "a")
	within(t, "Write(a loop of links)", func() {
		if err := Write(filepath.Join(dir, "a"), []byte("x")); err == nil {
			t.Errorf("Write(a loop of links) = nil, want an error")
		}
	})
}

func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"over a folder": folder, "in no folder": filepath.Join(dir, "no", "f")} {
		before := tree(t, dir)
		if err := Write(path, []byte("x")); err == nil || !strings.HasPrefix(err.Error(), "writing "+path+": ") {
			t.Errorf("Write(%s) = %v, want an error that says what was written", name, err)
		}
		if after := tree(t, dir); after != before {
			t.Errorf("Write(%s): the folder holds %q, want %q as before", name, after, before)
		}
	}
}
