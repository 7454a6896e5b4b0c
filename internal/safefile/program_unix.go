//go:build unix

package safefile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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

// Fingerprint tells a file from what somebody put in its place, or wrote into it: the
// time of the last change (st_ctim, inode(7)) cannot be set by an unprivileged user.
func Fingerprint(path string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return "", &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return fmt.Sprintf("%d:%d:%d:%d", st.Dev, st.Ino, st.Size, st.Ctim.Nano()), nil
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

// closedGroup reports whether a group holds nobody but the owner: a private one, as
// many systems make it for each user, and on macOS the group of the administrators, to
// which Homebrew gives its folders. It is looked up only where a group may write.
func closedGroup(uid, gid uint32) bool {
	if runtime.GOOS == "darwin" && gid == 80 {
		return true
	}
	return gid == uid && !hasOthers("/etc/group", gid, func(fields []string) bool {
		return len(fields) > 3 && fields[3] != "" && fields[3] != fields[0] // group(5): members beside it
	}) && !hasOthers("/etc/passwd", gid, func(fields []string) bool {
		return len(fields) > 3 && fields[2] != strconv.Itoa(int(uid)) && fields[3] == strconv.Itoa(int(gid)) // passwd(5): whose first group it is
	})
}

// hasOthers reports a line of a database of users for which is says so; of /etc/group
// only that of the group counts. One that cannot be read names nobody.
func hasOthers(file string, gid uint32, is func(fields []string) bool) bool {
	data, _ := os.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) > 2 && (file != "/etc/group" || fields[2] == strconv.Itoa(int(gid))) && is(fields) {
			return true
		}
	}
	return false
}
