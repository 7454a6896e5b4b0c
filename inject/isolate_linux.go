package inject

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	isolate = linuxIsolate
	canIsolate = linuxCanIsolate
	canMark = linuxCanMark
	elevated = linuxElevated
}

// scopingABI is the version of Landlock that can scope signals (Linux 6.12).
const scopingABI = 6

// linuxIsolate puts the calling thread into a domain of Landlock, from which nothing
// outside can be traced or signalled (landlock(7)). execve(2) by any thread hands it
// on. The domain restricts no file and no socket: X11 and D-Bus use abstract ones.
func linuxIsolate(i Isolation) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("setting no_new_privs: %w", err)
	}
	if err := enterDomain(); err != nil && (i == Isolated || !absent(err)) {
		return err
	}
	// What we made is told from what made us by no_new_privs, or where that says
	// nothing by one more filter (Seccomp_filters, proc_pid_status(5)).
	if err := addFilter(); err != nil && (i == Isolated || !absent(err)) {
		return err
	}
	return nil
}

// absent are the answers of a kernel, or of a filter that confines us, which has no
// such thing. Any other error may be somebody's doing, as a full table of files is,
// and must not weaken a worker.
func absent(err error) bool {
	return slices.ContainsFunc([]error{unix.ENOSYS, unix.EOPNOTSUPP, unix.EINVAL, unix.EPERM, unix.E2BIG},
		func(none error) bool { return errors.Is(err, none) })
}

func enterDomain() error {
	attr := unix.LandlockRulesetAttr{Scoped: unix.LANDLOCK_SCOPE_SIGNAL}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 { // the descriptor is close-on-exec from the start
		return fmt.Errorf("making a ruleset of Landlock: %w", errno)
	}
	defer func() { _ = unix.Close(int(fd)) }()
	switch _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno {
	case 0:
		return nil
	case unix.E2BIG:
		return fmt.Errorf("entering a domain of Landlock: as many as there can be are nested already: %w", errno)
	default:
		return fmt.Errorf("entering a domain of Landlock: %w", errno)
	}
}

// addFilter adds ownLimits (seccomp(2)). SPEC_ALLOW keeps older kernels from slowing the
// worker down.
func addFilter() error {
	filter := ownLimits()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("adding a seccomp filter: %w", errno)
	}
	return nil
}

func noNewPrivs() bool {
	n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && n == 1
}

func linuxCanIsolate() error {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errno == unix.ENOSYS:
		return fmt.Errorf("this kernel has no Landlock: %w", errno)
	case errno == unix.EOPNOTSUPP:
		return fmt.Errorf("this kernel was started without Landlock (its parameter lsm=): %w", errno)
	case errno != 0:
		return fmt.Errorf("asking for Landlock: %w", errno)
	case abi < scopingABI:
		return fmt.Errorf("this kernel's Landlock has ABI %d, and can keep processes apart from ABI %d on", abi, scopingABI)
	}
	return onThrowaway(func() error { return linuxIsolate(Isolated) })
}

// onThrowaway does something on a thread that ends with it. The first thread of a process
// would not, and what is done to it shows as the process's.
func onThrowaway(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if isFirst() {
			defer runtime.UnlockOSThread()
			done <- onThrowaway(do)
			return
		}
		done <- do() // and the thread stays locked
	}()
	return <-done
}

// linuxCanMark: no_new_privs tells a worker from what had it not, and one filter more from what
// had it.
func linuxCanMark() error {
	if !noNewPrivs() {
		return nil
	}
	if b, err := os.ReadFile("/proc/self/status"); err != nil || !bytes.Contains(b, []byte("\nSeccomp_filters:")) {
		return errors.New("it has no_new_privs, and the kernel does not count seccomp filters (before Linux 5.9)")
	}
	if err := onThrowaway(addFilter); err != nil {
		return fmt.Errorf("it has no_new_privs, and %w", err)
	}
	return nil
}

// linuxElevated follows execve(2), "Effect on set-user-ID". Where no_new_privs is set
// the program gains nothing with us or without; root has every capability anyway.
func linuxElevated(path string) string {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || noNewPrivs() {
		return ""
	}
	const setGID = unix.S_ISGID | unix.S_IXGRP
	switch {
	case st.Mode&unix.S_ISUID != 0 && int(st.Uid) != unix.Geteuid():
		return "as another user"
	case st.Mode&setGID == setGID && int(st.Gid) != unix.Getegid():
		return "as another group"
	case unix.Geteuid() == 0:
		return ""
	}
	if n, err := unix.Getxattr(path, "security.capability", nil); err == nil && n > 0 {
		return "with capabilities of its own"
	}
	return ""
}
