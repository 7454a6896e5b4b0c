//go:build unix

package inject

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Adopts reports whether orphans come to this process: it is the first one of its PID
// namespace, or a subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)). What it becomes by execve
// would get them, too.
func Adopts() bool { return os.Getpid() == 1 || adopts != nil && adopts() }

// dieTogether, where the platform has it, has a child killed when its parent ends.
var dieTogether func(*syscall.SysProcAttr)

// Stay runs argv as a child, by this very program, and is its faithful parent: it hands on
// every signal, reaps what comes to it, stops when the child does, and returns the
// child's exit status, 128 and the number where a signal ended it.
func Stay(argv []string) (code int, err error) {
	runtime.LockOSThread() // the child dies with the thread that started it
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("staying as the parent: %w", err)
	}
	p := parent{tty: -1}
	attr := &syscall.SysProcAttr{Setpgid: true}
	if group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP); err == nil && group == unix.Getpgrp() {
		p.tty = 0
		attr.Foreground, attr.Ctty = true, 0
	}
	if dieTogether != nil {
		dieTogether(attr)
	}
	child, err := os.StartProcess(program, argv, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Sys: attr})
	if err != nil {
		return 0, fmt.Errorf("staying as the parent: %w", err)
	}
	p.child = child.Pid
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, p.signals()...)
	signal.Ignore(unix.SIGTTOU) // else taking the terminal back would stop us
	for {
		if status, ended := p.reap(); ended {
			p.foreground(unix.Getpgrp())
			if status.Signaled() {
				return 128 + int(status.Signal()), nil
			}
			return status.ExitStatus(), nil
		}
		switch s := (<-signals).(unix.Signal); s {
		case unix.SIGCHLD:
		case unix.SIGCONT:
			p.goOn()
		default:
			_ = unix.Kill(p.child, s)
		}
	}
}

// parent is one that stays.
type parent struct {
	child int
	tty   int // the terminal that the child has, -1 for none
}

// signals are all that can be caught, but what the runtime and this parent need, and what
// the caller had ignored.
func (p *parent) signals() []os.Signal {
	list := []os.Signal{unix.SIGCHLD}
	for s := unix.Signal(1); s < 32; s++ {
		switch s {
		case unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG, unix.SIGTTOU, unix.SIGTTIN,
			unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGPROF:
			continue
		}
		if !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	return list
}

// reap collects all that has ended, and reports whether the child has.
func (p *parent) reap() (status unix.WaitStatus, ended bool) {
	for {
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil || pid == 0:
			return status, false
		case pid == p.child && status.Stopped():
			p.stop()
		case pid == p.child:
			return status, true
		}
	}
}

// stop stops as the child did, so that the shell sees it. The first process of a PID
// namespace cannot be stopped, and has nobody who would have it go on.
func (p *parent) stop() {
	if os.Getpid() == 1 {
		_ = unix.Kill(-p.child, unix.SIGCONT)
		return
	}
	p.foreground(unix.Getpgrp())
	_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
}

// goOn has the child go on, with the terminal where this process was given it.
func (p *parent) goOn() {
	if group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP); p.tty >= 0 && err == nil && group == unix.Getpgrp() {
		p.foreground(p.child)
	}
	_ = unix.Kill(-p.child, unix.SIGCONT)
}

func (p *parent) foreground(group int) {
	if p.tty >= 0 {
		_ = unix.IoctlSetPointerInt(p.tty, unix.TIOCSPGRP, group)
	}
}
