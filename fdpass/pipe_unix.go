//go:build unix

package fdpass

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// growPipe, where the platform has it, asks for a pipe that holds so many bytes more.
var growPipe func(fd, more int) error

// openPipe fills a pipe and closes its writing end, so that the reader sees the
// end after the last byte. What a pipe holds depends on how many the user has
// (pipe(7), "Pipe capacity"), so it is not guessed: the writing end does not
// block, and a short write is the kernel's answer.
func openPipe(_ string, data []byte) (*os.File, error) {
	var p [2]int
	if err := pipeCloexec(&p); err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = unix.Close(p[1]) }()
	if _, err := fill(p[1], data, growPipe); err != nil {
		_ = unix.Close(p[0])
		return nil, fmt.Errorf("filling a pipe with %d bytes: %w", len(data), err)
	}
	return os.NewFile(uintptr(p[0]), "pipe"), nil
}

// fill writes what there is room for, and says how much; grow, where it is not nil, is asked
// once for more. What is left makes it ErrTooBig.
func fill(fd int, data []byte, grow func(fd, more int) error) (n int, err error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return 0, err
	}
	for grown := false; n < len(data); {
		m, err := unix.Write(fd, data[n:])
		switch {
		case err == unix.EINTR:
		case err == nil:
			n += m
		case err != unix.EAGAIN:
			return n, err
		case grown || grow == nil || grow(fd, len(data)-n) != nil:
			return n, ErrTooBig
		default:
			grown = true
		}
	}
	return n, nil
}
