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

// inForeground reports whether reading the terminal is ours now: tcgetpgrp(3).
func inForeground(tty *os.File) bool {
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// shownOn is where a question is written.
func shownOn(tty *os.File) io.Writer { return tty }

// hideEcho switches echo off until restore.
func hideEcho(tty *os.File) (restore func(), err error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, unix.IoctlSetTermios(fd, setTermios, &hidden)
}

// readLine reads what the terminal gives as one line; io.EOF where it is ended by
// ctrl-D. x/term's ReadPassword would go on reading then, for ever.
func readLine(tty *os.File) ([]byte, error) {
	line := make([]byte, maxTyped+1)
	n, err := tty.Read(line)
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

// noFollow opens a file itself, and not where a link leads.
const noFollow = unix.O_NOFOLLOW
