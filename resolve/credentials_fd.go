package resolve

import (
	"os"
	"slices"
)

// setCloseOnExec, where the platform has inherited descriptors, says whether children
// get fd, and reports whether that was a change.
var setCloseOnExec func(fd int, on bool) (changed bool)

// withheld are the descriptors that children do not get.
var withheld []int

// WithholdDescriptors keeps the descriptors of the passphrase and the identity from
// every program that is started from here on: managers, plugins of age and, at execve,
// the worker.
func WithholdDescriptors() {
	if setCloseOnExec == nil {
		return
	}
	for _, variable := range []string{passphraseVariable, identityVariable} {
		fd, ok := DescriptorOf(variable, os.Getenv(variable))
		if ok && fd > 2 && setCloseOnExec(fd, true) { // 0: who starts a program says what its input is
			withheld = append(withheld, fd)
		}
	}
}

// LeaveDescriptors undoes it for the variables that a worker is to keep.
func LeaveDescriptors(keep []string) {
	for _, variable := range keep {
		if fd, ok := DescriptorOf(variable, os.Getenv(variable)); ok && slices.Contains(withheld, fd) {
			setCloseOnExec(fd, false)
		}
	}
}
