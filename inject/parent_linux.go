package inject

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// getTermios is the request of tcgetattr(3).
const getTermios = unix.TCGETS

// lastSignal is the highest that there is.
const lastSignal = unix.Signal(64)

func init() {
	adopts = func() bool {
		var on int32
		err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&on)), 0, 0, 0)
		return err == nil && on != 0
	}
	// PR_SET_PDEATHSIG(2const): it lasts over the execve that makes the child the program.
	dieTogether = func(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
}
