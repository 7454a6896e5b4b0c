package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// The requests of tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// maxTyped is what a terminal in its line mode holds of one line, in bytes; it cuts
// longer ones silently. MAX_CANON, limits.h.
const maxTyped = 1023

// discardTyped drops what was typed ahead, which may be the rest of a pasted
// key: the shell would take it for a command.
func discardTyped(tty *os.File) {
	_ = unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCFLUSH, 1) // FREAD
}
