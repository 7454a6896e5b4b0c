package cli

import (
	"os"

	"golang.org/x/term"
)

// maxTyped is what a terminal in its line mode holds of one line, in bytes; it cuts
// longer ones silently. no such limit is known; what a console reads at once.
const maxTyped = 8191

var endingSignals = []os.Signal{os.Interrupt}

func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

// hideEcho leaves echo to readLine.
func hideEcho(*os.File) (restore func(), err error) { return func() {}, nil }

func readLine(tty *os.File) ([]byte, error) { return term.ReadPassword(int(tty.Fd())) }

func dieOf(os.Signal) { os.Exit(exitNo) }

func discardTyped(*os.File) {}
