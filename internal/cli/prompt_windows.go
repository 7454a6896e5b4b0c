package cli

import "os"

var endingSignals = []os.Signal{os.Interrupt}

func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

func dieOf(os.Signal) { os.Exit(exitNo) }

func discardTyped(*os.File) {}
