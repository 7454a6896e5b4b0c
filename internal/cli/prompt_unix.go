//go:build unix

package cli

import (
	"bytes"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// endingSignals end a prompt. A stop (ctrl-Z) ends it too: the shell would get
// a terminal without echo.
var endingSignals = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP}

func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// readHidden reads one line with echo off; io.EOF where it is ended by ctrl-D.
// x/term's ReadPassword goes on reading then, for ever.
func readHidden(tty *os.File) ([]byte, error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return nil, err
	}
	defer func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }()
	line := make([]byte, maxTyped+1)
	n, err := tty.Read(line) // the terminal gives a line, or nothing at its end
	if err == nil && n == 0 {
		err = io.EOF
	}
	return bytes.TrimRight(line[:n], "\r\n"), err
}

// dieOf ends the process by the signal, so that the caller's shell sees it. A
// stop ends as an interrupt, and so does a quit, for which Go would print stacks.
func dieOf(s os.Signal) {
	if s == unix.SIGTSTP || s == unix.SIGQUIT {
		s = unix.SIGINT
	}
	signal.Reset(s)
	_ = unix.Kill(unix.Getpid(), s.(unix.Signal))
	os.Exit(128 + int(s.(unix.Signal))) // the caller had it ignored
}
