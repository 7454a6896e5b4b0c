package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardTyped drops what was typed ahead, which may be the rest of a pasted
// key: the shell would take it for a command.
func discardTyped(tty *os.File) {
	_ = unix.IoctlSetInt(int(tty.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
