package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// mounted is a folder on a file system of its own, of so many kilobytes.
func mounted(t testing.TB, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		testrig.Cannot(t, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// fill writes into a file beside .wg until nothing more goes in, and then takes the
// last pages away again.
func (p *place) fill(pagesLeft int64) {
	p.t.Helper()
	f, err := os.Create(filepath.Join(filepath.Dir(p.wg), "filler"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	size, page := int64(0), make([]byte, os.Getpagesize())
	for err == nil {
		var n int
		n, err = f.Write(page)
		size += int64(n)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		p.t.Fatalf("filling the file system: %v, want no space left", err)
	}
	if err := f.Truncate(size - pagesLeft*int64(len(page))); err != nil {
		p.t.Fatal(err)
	}
}

// fillNames does so with the names that the file system has room for.
func (p *place) fillNames() {
	p.t.Helper()
	dir := filepath.Join(filepath.Dir(p.wg), "fillers")
	err := os.Mkdir(dir, 0o700)
	for err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ""); err == nil {
			_ = f.Close()
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		p.t.Fatalf("filling the file system: %v, want no space left", err)
	}
}

var plainError = regexp.MustCompile(`(?m)^wg-run: [a-z].*: no space left on device`)

// A full disk stops each command before it has changed anything.
func TestFull(t *testing.T) {
	for name, d := range deeds {
		if _, ok := d.before["active-profile"]; !ok || d.gone == "no such profile" { // needs no room
			continue
		}
		p := placeIn(t, mounted(t, "64k"), d.before)
		p.put(map[string]string{".lock": ""})
		p.fill(0)
		was := p.tree()
		p.refused(1, plainError, d.stdin, d.args...)
		p.unchanged(was, name+" on a full disk")
	}
}

// TestFullFirst is a disk on which there is no room for the first file.
func TestFullFirst(t *testing.T) {
	for name, d := range deeds {
		if _, ok := d.before["active-profile"]; ok || d.before == nil {
			continue
		}
		p := placeIn(t, mounted(t, "64k"), d.before)
		p.fill(0)
		p.refused(1, plainError, d.stdin, d.args...)
		for path, text := range p.tree() {
			if text != d.before[path] && !strings.HasSuffix(text, " "+d.before[path]) {
				t.Errorf("%s on a full disk: %s is %q, want it as it was or empty", name, path, text)
			}
		}
	}
}

// TestFullOfNames is a disk on which no file can be made, however small.
func TestFullOfNames(t *testing.T) {
	for name, d := range deeds {
		if d.before == nil || d.gone == "no such profile" {
			continue
		}
		p := placeIn(t, mounted(t, "64k,nr_inodes=20"), d.before)
		p.fillNames()
		was := p.tree()
		p.refused(1, plainError, d.stdin, d.args...)
		p.unchanged(was, name+" without room for a name")
	}
}

// Migrate on a disk that has room for some of its steps does those, or nothing, and
// the rest once there is room.
func TestFullMigrate(t *testing.T) {
	undisturbed := newPlace(t, with(allowed+wgEndpoint), leftoverValues...)
	undisturbed.must("", "migrate")
	for pages := range int64(5) {
		p := placeIn(t, mounted(t, "64k"), with(allowed+wgEndpoint), leftoverValues...)
		p.put(map[string]string{".lock": ""})
		p.fill(pages)
		old := p.tree()
		p.refused(1, plainError, "", "migrate")
		d := deed{args: []string{"migrate"}, stages: []string{"secrets.toml"}}
		d.checkFiles(t, "migrate on a full disk", p.tree(), old, undisturbed.tree())
		allResolve(p, "migrate on a full disk")
		for path := range p.tree() {
			if temporary.MatchString(path) {
				t.Errorf("migrate with %d pages left: %s stays, want it removed", pages, path)
			}
		}
		if err := os.Remove(filepath.Join(filepath.Dir(p.wg), "filler")); err != nil {
			t.Fatal(err)
		}
		d.again(p, "migrate on a full disk", undisturbed.tree())
	}
}

// What cannot be recorded is not delivered, and a line that was cut off is taken
// away.
func TestFullAudit(t *testing.T) {
	p := placeIn(t, mounted(t, "64k"), someHome)
	long := strings.Repeat("{}\n", os.Getpagesize()/3-10) // the page has room for a part of a line
	p.put(map[string]string{"config.toml": allowed + "[audit]\nenabled = true\n", "audit.jsonl": long})
	p.fill(0)
	was := p.tree()
	started := filepath.Join(t.TempDir(), "started")
	full := regexp.MustCompile(`(?m)^wg-run: writing audit.jsonl, which config.toml asks for: .*: no space left on device`)
	p.refused(125, full, "", "--", "touch", started)
	p.refused(125, full, "", "--ref", "plaintext:nosuch", "--", "touch", started)
	p.refused(1, full, "", "secret", "get", "a", "--reveal")
	if _, err := os.Stat(started); err == nil {
		t.Error("a run that could not be recorded: the worker was started")
	}
	p.unchanged(was, "audit.jsonl on a full disk")
	p.must("", "secret", "get", "a")
}
