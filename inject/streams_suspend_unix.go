//go:build unix

package inject

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// suspends, where the platform tells it, returns where in what was typed the character stands that stops
// a terminal's foreground (Ctrl-Z), or -1.
var suspends func(master *os.File, typed []byte) int

// disposition, where the platform tells it, reports what a process does on a signal.
var disposition func(pid int, s unix.Signal) (ignored, caught bool)

// tidying is how long a program that catches SIGTSTP has to put its screen in order.
const tidying = 100 * time.Millisecond

// stopChild has Ctrl-Z stop a worker that leads its session. Its process group is orphaned,
// since its parent is in another session, and what the terminal sends does not stop such a one
// (setpgid(2)); SIGSTOP does. Groups that the worker makes for its own jobs are none of our business.
func (t *terminal) stopChild() {
	if t.group() != t.child {
		return
	}
	ignored, caught := false, false
	if disposition != nil {
		ignored, caught = disposition(t.child, unix.SIGTSTP)
	}
	stop := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.closed && t.group() == t.child {
			t.suspend = true
			_ = unix.Kill(-t.child, unix.SIGSTOP)
		}
	}
	switch {
	case ignored:
	case caught:
		time.AfterFunc(tidying, stop)
	default:
		stop()
	}
}

// group is the foreground of the worker's terminal.
func (t *terminal) group() (group int) {
	if conn, err := t.master.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { group, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	}
	return group
}

// foreground: our terminal has us.
func (t *terminal) foreground() (is bool) {
	if conn, err := t.tty.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { is = inForeground(int(fd)) })
	}
	return is
}

// unstopped calls f, on a thread that SIGTTOU does not stop where the platform has it.
var unstopped = func(f func()) { f() }

// set changes our terminal, also from the background: whoever has us end there wants it as it was.
func (t *terminal) set(change func(fd int) error) {
	conn, err := t.tty.SyscallConn()
	if err != nil {
		return
	}
	unstopped(func() { _ = conn.Control(func(fd uintptr) { _ = change(int(fd)) }) })
}
