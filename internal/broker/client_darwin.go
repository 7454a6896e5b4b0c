package broker

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// noSignal: macOS has SO_NOSIGPIPE; the Go runtime ignores SIGPIPE for descriptors above 2.
const noSignal = 0

// acceptCloexec accepts a connection that children do not get. Waiting is left to
// poll(2), so that the lock against starting a child is held only for a moment.
func acceptCloexec(l int) (int, error) {
	if err := unix.SetNonblock(l, true); err != nil {
		return -1, err
	}
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(l), Events: unix.POLLIN}}, -1); err != nil {
		return -1, err
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, _, err := unix.Accept(l)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}
