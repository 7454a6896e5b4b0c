//go:build unix

package inject

import (
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

func isTerminal(fd int) bool { return term.IsTerminal(fd) }

// inForeground: a terminal, which is that of our session, has this process in its foreground.
func inForeground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// sameDescription, where the platform tells it, reports whether two descriptors share one offset.
var sameDescription func(a, b int) bool

// same reports whether what is written to two descriptors stays in order, as after 2>&1.
func same(a, b int) bool {
	var x, y unix.Stat_t
	if unix.Fstat(a, &x) != nil || unix.Fstat(b, &y) != nil || x.Dev != y.Dev || x.Ino != y.Ino {
		return false
	}
	return x.Mode&unix.S_IFMT != unix.S_IFREG || sameDescription == nil || sameDescription(a, b)
}

// openPipe returns the end that we read, and that which the worker writes to.
func openPipe() (from, to *os.File, err error) {
	if from, to, err = os.Pipe(); err == nil {
		to.Fd() // it blocks from here on, as a worker expects
	}
	return from, to, err
}

// openTerminal returns a new terminal's master and the worker's side. It has the size of one
// of ours, and is set like it, or raw.
func openTerminal(fd int, raw bool) (from, to *os.File, err error) {
	master, to, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		_ = master.Close()
		if err != nil {
			_ = to.Close()
		}
	}()
	if size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
		_ = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, size)
	}
	if raw {
		_, err = term.MakeRaw(int(to.Fd()))
	} else if state, stateErr := term.GetState(fd); stateErr == nil {
		err = term.Restore(int(to.Fd()), state)
	}
	if err != nil {
		return nil, nil, err
	}
	from, err = again(master)
	return from, to, err
}

// again opens the same once more, for reading with a deadline. Fd, and the library, take that away.
func again(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, firstNumber)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// twin is a copy that can be closed for itself, of a file that is read with a deadline.
func twin(f *os.File) (copied *os.File, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if err := conn.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, firstNumber) }); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), err
}
