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

// does is what a process does on a signal.
type does struct{ ignores, blocks, catches, waits, ended bool }

// disposition, where the platform tells it, reports what a process does on a signal; not of one that is not there.
var disposition func(pid int, s unix.Signal) (what does, known bool)

// tidying is how long a program that catches SIGTSTP has to put its screen in order.
const tidying = 100 * time.Millisecond

// stopChild has a signal that stops, such as Ctrl-Z sends, stop a worker that leads its session. Its process group is orphaned,
// since its parent is in another session, and such a one is not stopped by what the terminal sends
// (setpgid(2)), but by SIGSTOP. What a key sends to groups that the worker makes for its own jobs is none of our business.
func (t *terminal) stopChild(s unix.Signal, by sender) {
	ours := func() bool { return by == byOther || t.group() == t.child }
	if !ours() {
		return
	}
	var what does
	if disposition != nil {
		what, _ = disposition(t.child, s)
	}
	stop := func() {
		if !t.closed && ours() {
			t.like, t.by = s, by
			t.stopWhole()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case what.ignores:
	case what.catches && s != unix.SIGTSTP: // only who catches that stops afterwards
	case what.catches:
		var tidies *time.Timer
		tidies = time.AfterFunc(tidying, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.tidies == tidies {
				stop()
			}
		})
		t.tidies = tidies
	default:
		stop()
	}
}

// stopWhole stops the worker's group, now or later: a worker that waits for a child of its own to execute a program
// (vfork(2)) cannot be stopped before, and the child is. It is called with the lock.
func (t *terminal) stopWhole() {
	_ = unix.Kill(-t.child, unix.SIGSTOP)
	if disposition == nil {
		return
	}
	turn := t.turns
	time.AfterFunc(lookAgain, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if what, _ := disposition(t.child, unix.SIGSTOP); !what.waits || t.closed || t.turns != turn {
			return
		}
		_ = unix.Kill(-t.child, unix.SIGCONT)
		time.AfterFunc(catching, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if !t.closed && t.turns == turn {
				t.stopWhole()
			}
		})
	})
}

// hasTyped has what a key sent to us, whose terminal it was not yet, come to those that have the worker's.
func (t *terminal) hasTyped(s unix.Signal) {
	group := t.group()
	if group <= 0 {
		group = t.child
	}
	_ = unix.Kill(-group, s)
	if stops(s) && group == t.child {
		t.stopChild(s, byOther)
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
