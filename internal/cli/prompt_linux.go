package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// The requests of tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

// maxTyped is what a terminal in its line mode holds of one line, in bytes; it cuts
// longer ones silently. n_tty, as termios(3) says under "Canonical and noncanonical mode".
const maxTyped = 4095

// discardTyped drops what was typed ahead, which may be the rest of a pasted
// key: the shell would take it for a command.
func discardTyped(tty *os.File) {
	_ = unix.IoctlSetInt(int(tty.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
