//go:build unix

package fdpass

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openSocket fills one end of a socket pair (socketpair(2)) and closes the other. Unlike a
// pipe it cannot be opened anew through /proc (ENXIO, open(2)), and counts for no user's
// budget of pipes.
func openSocket(_ string, data []byte) (*os.File, error) {
	p, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making a socket pair: %w", err)
	}
	defer func() { _ = unix.Close(p[1]) }()
	if err = unix.Shutdown(p[0], unix.SHUT_WR); err == nil { // the worker has nobody to write to
		_, err = fill(p[1], data, growSocket)
	}
	if err != nil {
		_ = unix.Close(p[0])
		return nil, fmt.Errorf("filling a socket pair with %d bytes: %w", len(data), err)
	}
	return os.NewFile(uintptr(p[0]), "socket"), nil
}

// socketPair keeps a fork of ours from inheriting it, as pipeCloexec does.
func socketPair() (p [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if p, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err == nil {
		unix.CloseOnExec(p[0])
		unix.CloseOnExec(p[1])
	}
	return p, err
}

// growSocket asks for a buffer that holds so many bytes more: the kernel counts what it
// needs around them as well, and cuts the figure at net.core.wmem_max (socket(7)).
func growSocket(fd, more int) error {
	has, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, has+2*more)
}
