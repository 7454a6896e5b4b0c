//go:build amd64 || arm64

package verify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// mostFile bounds what is searched of a file, in bytes.
const mostFile = 1 << 30

// inode is what a file is known by, whatever its names.
type inode struct{ dev, ino uint64 }

func inodeOf(f *os.File) inode {
	var st unix.Stat_t
	_ = unix.Fstat(int(f.Fd()), &st)
	return inode{uint64(st.Dev), st.Ino}
}

// openRegular returns nil for what is no regular file.
func openRegular(path string) (*os.File, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
}

// cannot says that a file was not searched; one that is gone was searched before.
func (w *watch) cannot(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		w.report.notSeen(fmt.Sprintf("%s: %v", name, err))
	}
}

// file searches all of an open file.
func (w *watch) file(f *os.File, name string, k *task, when string) {
	_, _ = f.Seek(0, io.SeekStart)
	s := &stream{needles: w.report.canaries, found: func(n needle, form string) {
		l := Leak{Secret: n.name, Where: InFile, Detail: name, Form: form, When: when}
		if k != nil {
			l.Program, l.PID = k.program, k.tgid
		}
		w.report.leak(l)
	}}
	n, err := io.CopyBuffer(struct{ io.Writer }{s}, io.LimitReader(f, mostFile), make([]byte, 256<<10))
	if err != nil {
		w.cannot(name, err)
	}
	if n == mostFile {
		w.report.notSeen(name + ": what is behind its first GiB")
	}
}
