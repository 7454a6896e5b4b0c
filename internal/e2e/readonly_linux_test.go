package e2e

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// stranger is a uid that no passwd names.
const stranger = 54321

// strangers makes a home of somebody without privileges and without a passwd entry:
// the modes of files count for them. Who is not root is somebody of that kind.
func strangers(t testing.TB, files map[string]string, env ...string) *place {
	t.Helper()
	dir, err := os.MkdirTemp("", "wg-run-stranger") // go test's own is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error { return os.Chmod(path, 0o700) })
		_ = os.RemoveAll(dir)
	})
	p := placeIn(t, dir, files, env...)
	data, err := os.ReadFile(p.bin)
	p.bin = filepath.Join(dir, "wg-run")
	if err == nil {
		err = os.WriteFile(p.bin, data, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err == nil && os.Geteuid() == 0 {
		p.as = &syscall.Credential{Uid: stranger, Gid: stranger}
		err = p.give()
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// give makes what lies in .wg the stranger's.
func (p *place) give() error {
	if p.as == nil {
		return nil
	}
	return filepath.WalkDir(p.wg, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return os.Lchown(path, stranger, stranger)
	})
}

// close takes the right to write from these folders.
func (p *place) close(folders ...string) {
	p.t.Helper()
	for _, f := range folders {
		if err := os.Chmod(filepath.Join(p.wg, f), 0o500); err != nil {
			p.t.Fatal(err)
		}
	}
}

// writers are the commands that write, for a home of someHome and leftovers.
var writers = [][]string{
	{"secret", "set", "k", "--from-stdin"}, {"secret", "set", "a", "--from-stdin"}, {"secret", "rm", "a", "--yes"},
	{"profile", "create", "c"}, {"profile", "create", "a", "--secret", "b", "--force"}, {"profile", "use", "b"},
	{"profile", "rm", "a"}, {"profile", "rm", "b"},
	{"secret", "backend", "set", "plaintext", "--allow-plaintext"}, {"migrate"},
}

var denied = regexp.MustCompile(`(?m)^wg-run: [a-z].*: (permission denied|read-only file system)$`)

// fullHome has work for every one of writers.
func fullHome() map[string]string {
	files := with(allowed)
	for name, text := range someHome {
		files[name] = text
	}
	return files
}

// Where nothing may be written each command says so, and changes nothing.
func TestWritingDenied(t *testing.T) {
	for _, lock := range []map[string]string{nil, {".lock": ""}} { // was anything ever written there?
		for _, args := range writers {
			files := fullHome()
			for name, text := range lock {
				files[name] = text
			}
			p := strangers(t, files, leftoverValues...)
			p.close(".", "profiles")
			was := p.tree()
			p.refused(1, denied, key, args...)
			p.unchanged(was, strings.Join(args, " ")+" in a folder without the right to write")
		}
	}
}

// A folder of profiles that may not be written to stops what writes there, and no
// part of it is done.
func TestWritingProfilesDenied(t *testing.T) {
	for _, args := range writers {
		if args[0] != "profile" || args[1] == "use" {
			continue
		}
		files := fullHome()
		files[".lock"] = ""
		p := strangers(t, files)
		p.close("profiles")
		was := p.tree()
		p.refused(1, denied, key, args...)
		p.unchanged(was, strings.Join(args, " ")+" with profiles without the right to write")
	}
}

// The home of somebody who has none yet, in a folder that is closed.
func TestNoHomeDenied(t *testing.T) {
	for _, args := range [][]string{{"profile", "create", "c"}, {"secret", "backend", "set", "plaintext", "--allow-plaintext"}} {
		p := strangers(t, nil)
		if err := os.Chmod(filepath.Dir(p.wg), 0o555); err != nil {
			t.Fatal(err)
		}
		p.refused(1, denied, "", args...)
		p.unchanged(nil, strings.Join(args, " ")+" without the right to make .wg")
	}
}

// freeze makes the file system that was mounted read-only.
func (p *place) freeze() {
	p.t.Helper()
	if err := unix.Mount("none", filepath.Dir(p.wg), "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		testrig.Cannot(p.t, err)
	}
}

// A file system that is read-only lets root write as little.
func TestReadOnlyFileSystem(t *testing.T) {
	for _, lock := range []map[string]string{nil, {".lock": ""}} {
		p := placeIn(t, mounted(t, "256k"), fullHome(), leftoverValues...)
		p.put(lock)
		p.freeze()
		was := p.tree()
		for _, args := range writers {
			p.refused(1, denied, key, args...)
		}
		p.unchanged(was, "a file system that is read-only")
	}
}

// A read-only home in which runs are to be recorded starts nothing.
func TestReadOnlyAudit(t *testing.T) {
	p := strangers(t, someHome)
	p.put(map[string]string{"config.toml": allowed + "[audit]\nenabled = true\n"})
	p.close(".")
	was := p.tree()
	p.refused(125, denied, "", "--ref", "plaintext:a", "--", "cat", "/dev/fd/3")
	p.refused(1, denied, "", "secret", "get", "a", "--reveal")
	if got := p.run("", "doctor"); got.code != 1 || !strings.Contains(got.stdout, "writing audit.jsonl") {
		t.Errorf("doctor there = %d, %q; want 1 and that audit.jsonl cannot be written", got.code, got.stdout)
	}
	p.unchanged(was, "a home that is closed, with an audit")
}
