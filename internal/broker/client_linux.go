package broker

import "golang.org/x/sys/unix"

// noSignal: who writes to a broker that is gone gets an error and no SIGPIPE.
const noSignal = unix.MSG_NOSIGNAL

// acceptCloexec accepts a connection that children do not get (accept4(2)).
func acceptCloexec(l int) (int, error) {
	fd, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	return fd, err
}
