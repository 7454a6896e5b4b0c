package resolve

import (
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	// PR_SET_PDEATHSIG(2const) looks at the thread that started the child, which
	// therefore must not end before it.
	parentDeath = func(attr *syscall.SysProcAttr) func() {
		runtime.LockOSThread()
		attr.Pdeathsig = syscall.SIGKILL
		return runtime.UnlockOSThread
	}
	watchStop = func(cmd *exec.Cmd) func() bool {
		stop := make(chan bool, 1)
		go func() { stop <- stops(cmd) }()
		return func() bool { return <-stop }
	}
}

// stops waits until the program is stopped, and kills its group then, or has ended,
// which is left for others to wait for (waitid(2), WNOWAIT).
func stops(cmd *exec.Cmd) bool {
	var info unix.Siginfo
	for {
		switch err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil); {
		case err == unix.EINTR:
		case err != nil || info.Code != cldStopped:
			return false
		default:
			return cmd.Cancel() == nil
		}
	}
}

// cldStopped is CLD_STOPPED of sigaction(2), which package unix lacks.
const cldStopped = 5
