//go:build unix

package e2e

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tree is every file and folder of .wg: by its path, its mode and its content.
func (p *place) tree() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(p.wg, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == p.wg {
			return nil
		}
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(p.wg, path)
		all[rel] = fi.Mode().String() + " "
		if fi.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			all[rel] += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// differing are the paths that two trees do not have alike.
func differing(a, b map[string]string) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(path string) bool {
		x, inA := a[path]
		y, inB := b[path]
		return inA == inB && x == y
	})
}

var (
	// private are the modes of what wg-run makes.
	private = regexp.MustCompile(`^(-rw-------|drwx------) `)
	// temporary is the name of what a writer that was killed leaves.
	temporary = regexp.MustCompile(`(^|/)\.[^/]*\D\d+$`)
)

// refused wants a command to fail with that code and a clear error that holds
// nothing of a value.
func (p *place) refused(code int, clear *regexp.Regexp, stdin string, args ...string) {
	p.t.Helper()
	got := p.run(stdin, args...)
	if got.code != code || !clear.MatchString(got.stderr) || strings.Contains(got.stderr+got.stdout, key[:12]) {
		p.t.Errorf("wg-run %q = %d, %q, stdout %q; want %d, %v, and no value", args, got.code, got.stderr, got.stdout, code, clear)
	}
}

// unchanged wants .wg to be what it was.
func (p *place) unchanged(was map[string]string, doing string) {
	p.t.Helper()
	if left := differing(p.tree(), was); len(left) > 0 {
		p.t.Errorf("%s: %q differ from what they were, want none", doing, left)
	}
}
