//go:build unix

package safefile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// CheckProgram refuses a program that somebody else could replace: the file, each
// folder on its way and each symlink must be ours or root's, and others must not be
// able to write there. The way of a link counts as well as that of its target.
func CheckProgram(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	links := 0
	at, rest := "/", path
	for {
		if err := trusted(at); err != nil {
			return err
		}
		part := ""
		for part == "" && rest != "" {
			part, rest, _ = strings.Cut(rest, "/")
		}
		if part == "" {
			return nil
		}
		next := filepath.Join(at, part)
		fi, err := os.Lstat(next)
		if err != nil {
			return err
		}
		if fi.Mode()&os.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > 40 { // as many as path_resolution(7) follows
			return fmt.Errorf("following %s: too many links", path)
		}
		to, err := os.Readlink(next)
		if err != nil {
			return err
		}
		if err := trusted(next); err != nil {
			return err
		}
		if filepath.IsAbs(to) {
			at = "/"
		}
		rest = to + "/" + rest
	}
}

// trusted judges one file, folder or symlink, not what the link points to.
func trusted(path string) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	if uid := uint32(os.Geteuid()); st.Uid != uid && st.Uid != 0 {
		return hint.Add(fmt.Errorf("%s: owned by uid %d, who could replace it: %w", path, st.Uid, ErrUnsafe),
			"name a program of your own or of root's, or look at it and: "+hint.Command("chown", fmt.Sprint(uid), path))
	}
	kind, mode := st.Mode&unix.S_IFMT, st.Mode&0o777
	if kind == unix.S_IFLNK || kind == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0 {
		return nil // a link has no mode, and what others put into a sticky folder is theirs
	}
	if othersWrite(&st) {
		return hint.Add(fmt.Errorf("%s: mode %04o lets others write to it: %w", path, mode, ErrUnsafe), hint.Command("chmod", "go-w", path))
	}
	return nil
}

// othersWrite reports whether the mode lets somebody else write, which the members of
// a closed group are not: with umask 002, as some systems have it, git and editors
// leave what they write open to that group.
func othersWrite(st *unix.Stat_t) bool {
	return st.Mode&0o002 != 0 || st.Mode&0o020 != 0 && !closedGroup(st.Uid, st.Gid)
}

// closedGroup reports whether a group holds nobody but the owner and those who are
// root anyway: root's own, a private group of the owner, and on macOS the group of
// the administrators, to which Homebrew gives its folders.
func closedGroup(uid, gid uint32) bool {
	return gid == 0 || gid == uid || runtime.GOOS == "darwin" && gid == 80
}
