package cli

import (
	"os"

	"golang.org/x/term"
)

var endingSignals = []os.Signal{os.Interrupt}

func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

// hideEcho leaves echo to readLine.
func hideEcho(*os.File) (restore func(), err error) { return func() {}, nil }

func readLine(tty *os.File) ([]byte, error) { return term.ReadPassword(int(tty.Fd())) }

func dieOf(os.Signal) { os.Exit(exitNo) }

func discardTyped(*os.File) {}
