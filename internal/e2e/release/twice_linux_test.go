package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestTwice compares two releases of one commit byte by byte, and their sums.
func TestTwice(t *testing.T) {
	r := release(t)
	a, b := contents(t, r.outs[0]), contents(t, r.outs[1])
	want := []string{"SHA256SUMS", "wg-run-1.2.3-" + runtime.GOARCH + ".rpm",
		"wg-run-1.2.3-linux-" + runtime.GOARCH + ".tar.gz", "wg-run_1.2.3_" + runtime.GOARCH + ".deb"}
	if got := slices.Sorted(maps.Keys(a)); !slices.Equal(got, want) {
		t.Errorf("scripts/release made %q, want %q", got, want)
	}
	var sums strings.Builder
	for _, name := range want {
		if strings.HasSuffix(name, ".rpm") && !bytes.Contains(a[name], []byte("localhost\x00")) {
			t.Errorf("%s was built on another host than localhost, so on one that it tells", name)
		}
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s: %d bytes from one clone are not the %d bytes from another", name, len(a[name]), len(b[name]))
		}
		if name != "SHA256SUMS" {
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(a[name]), name)
		}
	}
	if got := string(a["SHA256SUMS"]); got != sums.String() {
		t.Errorf("SHA256SUMS is\n%swant\n%s", got, &sums)
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for name := range tree(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = data
	}
	return found
}

// TestArchive looks into the archive: its owners and modes, and the binary, which is
// static, has a fixed address (a start takes half a millisecond less) and tells
// nothing of the builder's folders.
func TestArchive(t *testing.T) {
	r := release(t)
	top := "wg-run-1.2.3-linux-" + runtime.GOARCH
	files := untar(t, filepath.Join(r.outs[0], top+".tar.gz"))
	names := slices.Collect(maps.Keys(files))
	for _, name := range []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "LICENSE.libraries", "docs/man/wg-run.1",
		"completions/wg-run.bash", "completions/_wg-run", "completions/wg-run.fish", "install"} {
		if len(files[top+"/"+name]) == 0 {
			t.Errorf("%s is not in the archive, or empty", name)
		}
	}
	for name, data := range files {
		if strings.HasSuffix(name, ".in") {
			t.Errorf("%s is in the archive: it is what a page is made from", name)
		}
		checkLinks(t, name, data, func(target string) bool { return slices.ContainsFunc(names, under(target)) })
	}
	binary := files[top+"/wg-run"]
	f, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatalf("reading wg-run of the archive: %v", err)
	}
	if f.Type != elf.ET_EXEC {
		t.Errorf("wg-run is %v, want %v", f.Type, elf.ET_EXEC)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("wg-run has a %v: it is not static", p.Type)
		}
	}
	home, _ := os.UserHomeDir()
	folders := strings.Split(mustSh(t, work, `go env GOROOT GOMODCACHE GOCACHE GOPATH`), "\n")
	for _, folder := range append(folders, work, home+"/", os.TempDir()+"/wg-run-release") {
		if len(folder) > 2 && bytes.Contains(binary, []byte(folder)) {
			t.Errorf("wg-run has the builder's %s in it", folder)
		}
	}
}

// under is true of a path and of all below it.
func under(path string) func(string) bool {
	return func(name string) bool { return name == path || strings.HasPrefix(name, path+"/") }
}

var link = regexp.MustCompile(`\]\(([^)\s#]+)[^)]*\)`)

// checkLinks sees that what a page links to is there, or elsewhere.
func checkLinks(t *testing.T, page string, text []byte, there func(string) bool) {
	t.Helper()
	if !strings.HasSuffix(page, ".md") {
		return
	}
	for _, m := range link.FindAllSubmatch(text, -1) {
		target := string(m[1])
		if !strings.Contains(target, "://") && !there(path.Join(path.Dir(page), target)) {
			t.Errorf("%s links to %s, which is not there", page, target)
		}
	}
}

// untar returns the files of an archive and checks their owners and modes.
func untar(t *testing.T, name string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if z.Name != "" || !z.ModTime.IsZero() {
		t.Errorf("the header of %s has the name %q and the time %v, want none", name, z.Name, z.ModTime)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err == nil {
			files[h.Name], err = io.ReadAll(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0o644)
		if base := filepath.Base(h.Name); h.Typeflag == tar.TypeDir || base == "wg-run" || base == "install" {
			want = 0o755
		}
		if h.Mode != want || h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s has mode %o, owner %d:%d, want %o, 0:0", h.Name, h.Mode, h.Uid, h.Gid, want)
		}
	}
}
