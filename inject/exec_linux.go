package inject

import (
	"errors"

	"golang.org/x/sys/unix"
)

func init() {
	ownTable = linuxOwnTable
	isFirst = func() bool { return unix.Gettid() == unix.Getpid() }
	// PR_SET_DUMPABLE(2const). It ends at execve.
	hardenProcess = func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
}

// linuxOwnTable lets this thread replace descriptors that the Go runtime's other
// threads go on using until execve ends them. close_range(2) with a range that
// is empty does it where unshare(2) is forbidden, as in many containers.
func linuxOwnTable() error {
	const none = 1<<31 - 1 // above every descriptor
	err := unix.CloseRange(none, none, unix.CLOSE_RANGE_UNSHARE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINVAL) {
		return unix.Unshare(unix.CLONE_FILES)
	}
	return err
}

// duplicate makes to a copy of from that survives execve (dup3(2)).
func duplicate(from, to int) error { return unix.Dup3(from, to, 0) }
