//go:build unix

package safefile

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// Read returns the content of path if it is a regular file, owned by us or
// root, not writable by others (nor readable, if rule.Private, also by a group that
// holds nobody else) and at most
// rule.Max bytes. Otherwise the error wraps ErrUnsafe or ErrTooBig, or is the
// system's (fs.ErrNotExist, …). Symlinks are followed.
//
// It makes the system calls itself: os.File would set up the runtime's poller,
// which costs three more calls on the path that starts a worker.
func Read(path string, rule Rule) ([]byte, error) {
	fd, err := openRetry(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &os.PathError{Op: "fstat", Path: path, Err: err}
	}
	if err := judge(path, &st, rule); err != nil {
		return nil, err
	}
	return readAll(fd, path, st.Size, rule.Max)
}

// Judge is Read without reading: whether the file may be read at all.
func Judge(path string, rule Rule) error {
	fd, err := openRetry(path)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &os.PathError{Op: "fstat", Path: path, Err: err}
	}
	return judge(path, &st, rule)
}

func openRetry(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func judge(path string, st *unix.Stat_t, rule Rule) error {
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return fmt.Errorf("%s: not a regular file: %w", path, ErrUnsafe)
	}
	if rule.Foreign {
		return nil
	}
	if uid := uint32(os.Geteuid()); st.Uid != uid && st.Uid != 0 {
		return hint.Add(fmt.Errorf("%s: owned by uid %d: %w", path, st.Uid, ErrUnsafe),
			"run it as that user, or look at what it holds and: "+hint.Command("chown", fmt.Sprint(uid), path))
	}
	mode := st.Mode & 0o777
	if othersWrite(st) || rule.Private && mode&0o020 != 0 {
		bits := "go-w"
		if rule.Private {
			bits = "600"
		}
		return narrow(st, fmt.Errorf("%s: mode %04o lets others write to it: %w", path, mode, ErrUnsafe), bits, path)
	}
	if rule.Private && mode&0o044 != 0 {
		return narrow(st, fmt.Errorf("%s: mode %04o lets others read it: %w", path, mode, ErrUnsafe), "600", path)
	}
	return nil
}

// narrow adds the chmod that mends err, where the file is ours: what is root's was
// not meant for this.
func narrow(st *unix.Stat_t, err error, mode, path string) error {
	if st.Uid != uint32(os.Geteuid()) {
		return err
	}
	return hint.Add(err, hint.Command("chmod", mode, path))
}

// readAll reads to the end, one byte further than max at most: a file can grow
// after fstat.
func readAll(fd int, path string, size, max int64) ([]byte, error) {
	buf := make([]byte, 0, min(size, max)+1)
	for {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), 2*cap(buf))
			copy(grown, buf)
			clear(buf)
			buf = grown
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return buf, nil
		}
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > max {
			clear(buf)
			return nil, fmt.Errorf("%s: more than %d bytes: %w", path, max, ErrTooBig)
		}
	}
}

// CheckDir refuses a folder that is not ours or that others may write to: they
// could put another file in place of ours. In one with the sticky bit they cannot,
// and a file of theirs is refused for its owner.
func CheckDir(dir string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return &os.PathError{Op: "stat", Path: dir, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return fmt.Errorf("%s: not a folder: %w", dir, ErrUnsafe)
	}
	if uid := uint32(os.Geteuid()); st.Uid != uid && st.Uid != 0 {
		return fmt.Errorf("%s: owned by uid %d: %w", dir, st.Uid, ErrUnsafe)
	}
	if mode := st.Mode & 0o777; othersWrite(&st) && st.Mode&unix.S_ISVTX == 0 {
		return hint.Add(fmt.Errorf("%s: mode %04o lets others write to it: %w", dir, mode, ErrUnsafe), hint.Command("chmod", "go-w", dir))
	}
	return nil
}
