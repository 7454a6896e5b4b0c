package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// maxTyped is what a terminal in its line mode holds of one line, in bytes; it cuts
// longer ones silently. no such limit is known; what a console reads at once.
const maxTyped = 8191

var endingSignals = []os.Signal{os.Interrupt}

func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

func inForeground(*os.File) bool { return true }

// shownOn is where a question is written: a console's input takes no output.
func shownOn(*os.File) io.Writer {
	if console, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
		return console // one or two a process
	}
	return os.Stderr
}

// hideEcho leaves echo to readLine.
func hideEcho(*os.File) (restore func(), err error) { return func() {}, nil }

func readLine(tty *os.File) ([]byte, error) { return term.ReadPassword(int(tty.Fd())) }

func dieOf(os.Signal) { os.Exit(exitNo) }

func discardTyped(*os.File) {}

const noFollow = 0
