//go:build unix

package safefile

import (
	"os"
	"path/filepath"
	"testing"
)

// What a killed writer left is removed by the next one, and nothing else is:
// temporary files are ".NAME" followed by digits.
func TestWriteSweeps(t *testing.T) {
	for _, folder := range []string{"plain", "with space", "a[1]", "st*r", "que?", `back\slash`} {
		dir := filepath.Join(t.TempDir(), folder)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, left := range []string{".f1", ".f8274658173645"} {
			put(t, filepath.Join(dir, left), []byte("half a secret"), 0o600)
		}
		mine := []string{".f", ".g1", "f1", ".f.swp", ".lock", ".f2026-backup", ".f1.mine"}
		for _, name := range mine {
			put(t, filepath.Join(dir, name), []byte("mine"), 0o600)
		}
		if err := Write(filepath.Join(dir, "f"), []byte("new")); err != nil {
			t.Errorf("in %q: Write = %v, want nil", folder, err)
		}
		for _, left := range []string{".f1", ".f8274658173645"} {
			if _, err := os.Lstat(filepath.Join(dir, left)); err == nil {
				t.Errorf("in %q: Write left %s of a killed writer, want it gone", folder, left)
			}
		}
		for _, name := range mine {
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Errorf("in %q: Write removed %s (%v), want it to stay", folder, name, err)
			}
		}
	}
}

// A folder whose name is a pattern reaches no other folder.
func TestWriteSweepsOnlyItsFolder(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"st*r", "star"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(dir, "star", ".f1")
	put(t, other, []byte("another writer's, who holds another lock"), 0o600)
	if err := Write(filepath.Join(dir, "st*r", "f"), []byte("new")); err != nil {
		t.Errorf("Write = %v, want nil", err)
	}
	if _, err := os.Lstat(other); err != nil {
		t.Errorf("Write(st*r/f) removed star/.f1 (%v), want it to stay", err)
	}
}

// Behind a link it is the target's folder that is swept.
func TestWriteSweepsBehindLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	link(t, dir, "f", "store/real")
	left := filepath.Join(dir, "store", ".real77")
	put(t, left, []byte("half a secret"), 0o600)
	if err := Write(filepath.Join(dir, "f"), []byte("new")); err != nil {
		t.Errorf("Write = %v, want nil", err)
	}
	if _, err := os.Lstat(left); err == nil {
		t.Errorf("Write(a link) left store/.real77 of a killed writer, want it gone")
	}
}
