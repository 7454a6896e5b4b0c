package resolve

import (
	"runtime"
	"syscall"
)

func init() {
	// PR_SET_PDEATHSIG(2const) looks at the thread that started the child, which
	// therefore must not end before it.
	parentDeath = func(attr *syscall.SysProcAttr) func() {
		runtime.LockOSThread()
		attr.Pdeathsig = syscall.SIGKILL
		return runtime.UnlockOSThread
	}
}
