package resolve

import (
	"os"
	"strconv"
)

// setCloseOnExec, where the platform has inherited descriptors, says whether children
// get fd, and reports whether that was a change.
var setCloseOnExec func(fd int, on bool) (changed bool)

// withheld is the passphrase's descriptor while children do not get it, else 0.
var withheld int

// WithholdPassphrase keeps the descriptor of the passphrase from every program that
// is started from here on: managers, plugins of age and, at execve, the worker.
func WithholdPassphrase() {
	fd, err := strconv.Atoi(os.Getenv(passphraseVariable))
	if err == nil && fd > 2 && setCloseOnExec != nil && setCloseOnExec(fd, true) { // 0: who starts a program says what its input is
		withheld = fd
	}
}

// LeavePassphrase undoes it, for a worker that is to have the descriptor.
func LeavePassphrase() {
	if withheld != 0 {
		setCloseOnExec(withheld, false)
		withheld = 0
	}
}
