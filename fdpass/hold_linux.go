package fdpass

import (
	"strconv"

	"golang.org/x/sys/unix"
)

const fionread = unix.TIOCINQ

func init() {
	anotherEnd = func(pipe int) (int, error) {
		return unix.Open(ownPath(pipe), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	}
	// Closing an inotify instance takes the kernel some 10 ms, by which we would end later than
	// the worker.
	watchEnd = func(pipe int) (wait func() bool, stop func()) {
		changes, err := newChanges(pipe, unix.EPOLLIN)
		if err != nil {
			return func() bool { return false }, func() {}
		}
		return func() bool { return nextChange(changes) }, func() { _ = unix.Close(changes) }
	}
	onlyEnd = linuxOnlyEnd
}

// linuxOnlyEnd looks from a writing end, which tells where there is no reading end (poll(2), POLLERR), while ours
// is closed: the pipe keeps what is in it for as long as there is either.
func linuxOnlyEnd(pipe int) (now int, only bool) {
	in, err := unix.Open(ownPath(pipe), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return pipe, false
	}
	defer func() { _ = unix.Close(in) }()
	_ = unix.Close(pipe)
	ends := []unix.PollFd{{Fd: int32(in)}}
	_, err = unix.Poll(ends, 0)
	only = err == nil && ends[0].Revents&unix.POLLERR != 0
	if now, err = anotherEnd(in); err != nil {
		return -1, false
	}
	return now, only
}

// newChanges tells changes of a state only (EPOLLET, epoll(7)).
func newChanges(fd int, events uint32) (int, error) {
	changes, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, err
	}
	err = unix.EpollCtl(changes, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events | unix.EPOLLET})
	if err == nil { // the state as it is comes first
		_, err = unix.EpollWait(changes, make([]unix.EpollEvent, 1), 0)
	}
	if err != nil {
		_ = unix.Close(changes)
	}
	return changes, err
}

// nextChange waits for one.
func nextChange(changes int) bool {
	for {
		_, err := unix.EpollWait(changes, make([]unix.EpollEvent, 1), -1)
		if err != unix.EINTR {
			return err == nil
		}
	}
}

func ownPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
