//go:build unix

package broker

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// oursLast puts the folders of PATH where a worker could put a program behind the others:
// what it plants there does not come before the system's.
func oursLast(path string) string {
	var first, last []string
	for dir := range strings.SplitSeq(path, ":") {
		if fixed(dir) {
			first = append(first, dir)
		} else {
			last = append(last, dir)
		}
	}
	return strings.Join(append(first, last...), ":")
}

// fixed reports whether a folder is there and this user can neither write to it, nor have
// himself allowed to, nor put another one in its place.
func fixed(dir string) bool {
	target, err := filepath.EvalSymlinks(dir)
	if err != nil || !filepath.IsAbs(dir) {
		return false
	}
	for _, at := range []string{filepath.Clean(dir), target} {
		for last := ""; at != last; last, at = at, filepath.Dir(at) {
			var st unix.Stat_t
			if unix.Stat(at, &st) != nil || int(st.Uid) == os.Geteuid() || unix.Access(at, unix.W_OK) == nil {
				return false
			}
		}
	}
	return true
}
