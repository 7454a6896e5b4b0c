package inject

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func init() {
	capacityOf = func(fd int) int {
		n, _ := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
		return n
	}
	sameDescription = linuxSameDescription
	suspends = linuxSuspends
	disposition = linuxDisposition
	unstopped = linuxUnstopped
}

// linuxSameDescription asks kcmp(2), and where that is forbidden takes it that nobody opens one file twice.
func linuxSameDescription(a, b int) bool {
	const kcmpFile = 0
	pid := uintptr(os.Getpid())
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpFile, uintptr(a), uintptr(b), 0)
	return errno != 0 || r == 0
}

// linuxSuspends asks the worker's terminal, whose settings the master tells (ioctl_tty(2)).
func linuxSuspends(master *os.File, typed []byte) int {
	at := -1
	conn, err := master.SyscallConn()
	if err != nil {
		return at
	}
	_ = conn.Control(func(fd uintptr) {
		set, err := unix.IoctlGetTermios(int(fd), getTermios)
		if err == nil && set.Lflag&unix.ISIG != 0 && set.Cc[unix.VSUSP] != 0 {
			at = bytes.IndexByte(typed, set.Cc[unix.VSUSP])
		}
	})
	return at
}

// linuxDisposition reads proc_pid_status(5).
func linuxDisposition(pid int, s unix.Signal) (what does, known bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return does{}, false
	}
	has := func(field string) bool {
		_, rest, _ := strings.Cut(string(text), "\n"+field+":\t")
		line, _, _ := strings.Cut(rest, "\n")
		set, _ := strconv.ParseUint(line, 16, 64)
		return set&(1<<(s-1)) != 0
	}
	is := func(state string) bool { return strings.Contains(string(text), "\nState:\t"+state) }
	return does{has("SigIgn"), has("SigBlk"), has("SigCgt"), is("D"), is("Z")}, true
}

// linuxUnstopped blocks the signals: then the terminal is changed, or written to (tcsetpgrp(3), "blocked or ignored"), and
// a read fails.
func linuxUnstopped(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var blocked, before unix.Sigset_t
	blocked.Val[0] = 1<<(unix.SIGTTOU-1) | 1<<(unix.SIGTTIN-1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &blocked, &before) == nil {
		defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	}
	f()
}
