//go:build unix

package resolve

import (
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

func init() {
	ownGroup = unixGroup
	setCloseOnExec = func(fd int, on bool) bool {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 == on {
			return false
		}
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags^unix.FD_CLOEXEC)
		return err == nil
	}
}

// parentDeath, where the platform has it, ends the manager with us.
var parentDeath func(attr *syscall.SysProcAttr) (release func())

func unixGroup(cmd *exec.Cmd, person, stdin bool) group {
	attr := &syscall.SysProcAttr{}
	cmd.SysProcAttr = attr
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	lives := func() bool { return unix.Kill(-cmd.Process.Pid, 0) != unix.ESRCH }
	release := func() {}
	if parentDeath != nil {
		release = parentDeath(attr)
	}
	tty := foregroundTerminal(person)
	if tty == nil {
		// In a session without a terminal a question fails at once. In ours it would
		// stop the program (SIGTTIN), or be answered by what is typed for somebody else.
		attr.Setsid = true
		cmd.Env = slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, "GPG_TTY=") })
		return group{restore: release, lives: lives}
	}
	// A program that asks on the terminal must be in its foreground group, or
	// the kernel stops it (tcsetpgrp(3)).
	if stdin {
		cmd.Stdin = tty
	}
	before, _ := term.GetState(int(tty.Fd()))
	attr.Foreground, attr.Ctty = true, int(tty.Fd())
	return group{terminal: true, lives: lives, restore: func() {
		release()
		takeBack(tty)
		if before != nil { // one that was killed while it asked leaves echo off
			_ = term.Restore(int(tty.Fd()), before)
		}
		_ = tty.Close()
	}}
}

// foregroundTerminal opens the terminal if a person is there and it is ours now.
func foregroundTerminal(person bool) *os.File {
	if !person {
		return nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		_ = tty.Close()
		return nil
	}
	return tty
}

// takeBack makes our group the terminal's foreground group again. A background
// group that does so gets SIGTTOU unless it ignores it.
func takeBack(tty *os.File) {
	signal.Ignore(unix.SIGTTOU)
	_ = unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCSPGRP, unix.Getpgrp())
	signal.Reset(unix.SIGTTOU)
}
