package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Reading needs no home and makes none.
func TestNoHomeReading(t *testing.T) {
	closed, open := strangers(t, nil), newPlace(t, nil)
	if err := os.Chmod(filepath.Dir(closed.wg), 0o555); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*place{closed, open} {
		for _, args := range [][]string{
			{"secret", "list"}, {"profile", "list"}, {"migrate"}, {"migrate", "--dry-run"}, {"secret", "backend", "show"}, {"--ref", "literal:x", "--", "true"},
		} {
			p.must("", args...)
		}
		p.refused(1, regexp.MustCompile("^wg-run: resolving auto:k: "), "", "secret", "get", "k")
		p.unchanged(nil, "reading without a .wg")
	}
}

// readers are the commands that only read, what they print, and how they end.
var readers = []struct {
	args []string
	want string
	code int
}{
	{[]string{"--ref", "plaintext:a", "--", "cat", "/dev/fd/3"}, "^" + key + "-a$", 0},
	{[]string{"--", "sh", "-c", "cat <&3; echo \" $WG_MODEL\""}, "^" + key + "-a model-a\n$", 0},
	{[]string{"--profile", "b", "--explain", "--", "true"}, "plaintext:b", 0},
	{[]string{"secret", "get", "a"}, "27 bytes, from plaintext", 0},
	{[]string{"secret", "get", "plaintext:b", "--reveal"}, "^" + key + "-b$", 0},
	{[]string{"secret", "check", "b"}, "found in plaintext", 0},
	{[]string{"secret", "list"}, "(?s)^a +plaintext\nb +plaintext\n$", 0},
	{[]string{"secret", "backend", "show"}, `(?m)^\* plaintext +ready`, 0},
	{[]string{"profile", "list"}, `(?m)^\* a +plaintext:a`, 0},
	{[]string{"profile", "show", "b"}, "model-b", 0},
	{[]string{"doctor"}, `(?m)^note +plaintext .*holds 2`, 0},
	{[]string{"migrate"}, "^$", 0},
	{[]string{"migrate", "--dry-run"}, "^$", 0},
}

func (p *place) reads(where string) {
	p.t.Helper()
	was := p.tree()
	for _, r := range readers {
		got := p.run("", r.args...)
		if got.code != r.code || !regexp.MustCompile(r.want).MatchString(got.stdout) || strings.Contains(got.stderr, "panic") {
			p.t.Errorf("%s: wg-run %q = %d, %q, stderr %q; want %d, %s", where, r.args, got.code, got.stdout, got.stderr, r.code, r.want)
		}
	}
	p.unchanged(was, where)
}

// Reading needs no right to write, no HOME where WG_HOME is set, and no passwd entry.
func TestReadingOnly(t *testing.T) {
	p := strangers(t, someHome)
	p.reads("an open folder")
	p.close(".", "profiles")
	p.reads("a closed folder")
	p.env = slices.DeleteFunc(p.env, func(e string) bool { return strings.HasPrefix(e, "HOME=") })
	p.env = append(p.env, "WG_HOME="+p.wg)
	p.reads("WG_HOME in place of HOME")
	p.refused(1, denied, key, writers[0]...)
}

// A file system that is read-only is read like any other.
func TestReadingReadOnlyFileSystem(t *testing.T) {
	p := placeIn(t, mounted(t, "256k"), someHome)
	p.freeze()
	p.reads("a file system that is read-only")
}
