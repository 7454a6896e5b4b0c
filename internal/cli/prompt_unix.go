//go:build unix

package cli

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// endingSignals end a prompt. A stop (ctrl-Z) ends it too: the shell would get
// a terminal without echo.
var endingSignals = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP}

func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// dieOf ends the process by the signal, so that the caller's shell sees it. A
// stop ends as an interrupt, and so does a quit, for which Go would print stacks.
func dieOf(s os.Signal) {
	if s == unix.SIGTSTP || s == unix.SIGQUIT {
		s = unix.SIGINT
	}
	signal.Reset(s)
	_ = unix.Kill(unix.Getpid(), s.(unix.Signal))
	select {} // the signal ends us
}
