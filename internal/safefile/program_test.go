//go:build unix

package safefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

// programIn makes dir/bin/tool and a link to it in dir/links.
func programIn(t *testing.T) (dir, tool, link string) {
	t.Helper()
	dir = t.TempDir()
	tool, link = filepath.Join(dir, "bin", "tool"), filepath.Join(dir, "links", "tool")
	for _, d := range []string{"bin", "links"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, tool, []byte("#!/bin/sh\n"), 0o755)
	if err := os.Symlink("../bin/tool", link); err != nil {
		t.Fatal(err)
	}
	return dir, tool, link
}

func TestCheckProgram(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		mode os.FileMode
		gid  int
		ok   bool
	}{
		"as it is":                    {"bin/tool", 0o755, 0, true},
		"file, others write":          {"bin/tool", 0o757, 0, false},
		"file, a group writes":        {"bin/tool", 0o775, stranger, false},
		"file, root's group writes":   {"bin/tool", 0o775, 0, true},
		"folder, others write":        {"bin", 0o777, 0, false},
		"folder, sticky":              {"bin", 0o777 | os.ModeSticky, 0, true},
		"folder, a group writes":      {"bin", 0o775, stranger, false},
		"folder of the link, others":  {"links", 0o777, 0, false},
		"folder above both, others":   {".", 0o777, 0, false},
		"folder above, a group reads": {".", 0o750, stranger, true},
	} {
		dir, _, link := programIn(t)
		path := filepath.Join(dir, c.file)
		if c.gid != 0 {
			needRoot(t)
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(path, 0, c.gid); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		err := CheckProgram(link)
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, ErrUnsafe) || !strings.Contains(hint.Of(err), "chmod go-w "+filepath.Clean(path))) {
			t.Errorf("%s: CheckProgram = %v, hint %q; want ok %v, or ErrUnsafe and the chmod", name, err, hint.Of(err), c.ok)
		}
	}
}

func TestCheckProgramOfAStranger(t *testing.T) {
	needRoot(t)
	for _, file := range []string{"bin/tool", "bin", "links", "links/tool", "."} {
		dir, _, link := programIn(t)
		if err := os.Lchown(filepath.Join(dir, file), stranger, 0); err != nil {
			t.Fatal(err)
		}
		if err := CheckProgram(link); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "owned by uid 12345") {
			t.Errorf("%s of a stranger: CheckProgram = %v, want ErrUnsafe: owned by uid 12345", file, err)
		}
	}
}

func TestClosedGroup(t *testing.T) {
	for owner, want := range map[[2]uint32]bool{{1000, 0}: false, {54321, 54321}: true, {0, 0}: true, {1000, 100}: false, {0, 1000}: false} {
		if got := closedGroup(owner[0], owner[1]); got != want {
			t.Errorf("closedGroup(uid %d, gid %d) = %v, want %v", owner[0], owner[1], got, want)
		}
	}
}

func TestCheckProgramLinks(t *testing.T) {
	dir, tool, link := programIn(t)
	t.Chdir(dir)
	absolute, around := filepath.Join(dir, "absolute"), filepath.Join(dir, "around")
	if err := errors.Join(os.Symlink(tool, absolute), os.Symlink("around", around), os.Symlink("links", filepath.Join(dir, "folder"))); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{tool: true, link: true, absolute: true, "bin/tool": true, "folder/tool": true, around: false, "nosuch": false, "/bin/sh": true} {
		if err := CheckProgram(path); (err == nil) != ok {
			t.Errorf("CheckProgram(%s) = %v, want ok %v", path, err, ok)
		}
	}
}
