//go:build amd64 || arm64

package inject

import (
	"bytes"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	stopLike = linuxStopLike
	followed = linuxFollowed
}

// linuxStopLike has the signal wait for this thread, looks once more whether the child goes on, and lets
// the signal come. A SIGCONT takes away all signals that stop and wait (signal(7)): that one, if it
// comes too early, and another, which tells afterwards that one came. Meanwhile it does nothing else, since
// who handles it, on any thread, may be late, and it would be taken for one to a later stop.
func linuxStopLike(s unix.Signal, goesOn func() bool) (told bool) {
	this := func(s unix.Signal) { _ = unix.Tgkill(os.Getpid(), unix.Gettid(), s) }
	tells := unix.SIGTTOU
	if s == tells {
		tells = unix.SIGTTIN
	}
	defer block(tells)()
	defer func() { told = !takeWaiting(tells) }()
	defer change(unix.SIGCONT, byDefault)() // which is over before: else one that comes between them is lost
	this(tells)

	var now action
	if s == unix.SIGSTOP || sigaction(s, nil, &now) != nil || now.handler != handlerAction.handler {
		if !goesOn() && takeWaiting(tells) { // else a SIGCONT has come already
			this(tells)
			this(unix.SIGSTOP)
		}
		return
	}
	defer change(s, byDefault)()
	defer block(s)()
	this(s)
	if goesOn() {
		change(s, ignored)
	}
	return
}

// change has a signal do that, until the function that it returns is called.
func change(s unix.Signal, what uintptr) (back func()) {
	var was action
	_ = sigaction(s, &action{handler: what, flags: handlerAction.flags, restorer: handlerAction.restorer}, &was)
	return func() { _ = sigaction(s, &was, nil) }
}

// only is a set of one signal.
func only(s unix.Signal) *unix.Sigset_t {
	return &unix.Sigset_t{Val: [16]uint64{1 << (s - 1)}}
}

// block has a signal wait for this thread, until the function that it returns is called.
func block(s unix.Signal) (back func()) {
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, only(s), nil)
	return func() { _ = unix.PthreadSigmask(unix.SIG_UNBLOCK, only(s), nil) }
}

// takeWaiting takes a blocked signal away, and reports whether it was waiting (rt_sigtimedwait(2)).
func takeWaiting(s unix.Signal) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(only(s))), 0, uintptr(unsafe.Pointer(&unix.Timespec{})), 8, 0, 0)
	return errno == 0
}

// linuxFollowed: our session was made by a worker, or for it; what it leads stops with us.
func linuxFollowed() bool {
	leader, err := unix.Getsid(0)
	if err != nil || leader == 0 {
		return false
	}
	group, err := unix.Getpgid(leader)
	fields := statFields(fmt.Sprintf("/proc/%d/stat", leader))
	if err != nil || group != unix.Getpgrp() || len(fields) < 2 {
		return false
	}
	ours, err := os.ReadFile("/proc/self/comm")
	parents, parentsErr := os.ReadFile("/proc/" + fields[1] + "/comm")
	return err == nil && parentsErr == nil && bytes.Equal(ours, parents)
}
