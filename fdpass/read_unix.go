//go:build unix

package fdpass

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// readDescriptor reads a descriptor to its end and closes it. One that wg-run
// cannot have handed over is left alone: with a stale number, or where a launcher
// closed the descriptor on the way, it is the program's own.
func readDescriptor(fd int) ([]byte, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil {
		return nil, fmt.Errorf("the descriptor is not open: %w", err)
	}
	if flags&unix.FD_CLOEXEC != 0 {
		return nil, errors.New("the descriptor was not inherited, but opened by this program")
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("looking at the descriptor: %w", err)
	}
	kind := st.Mode & unix.S_IFMT
	memory := kind == unix.S_IFREG && inMemory(fd)
	if kind != unix.S_IFIFO && kind != unix.S_IFSOCK && !memory {
		return nil, errors.New("the descriptor is neither a pipe, a socket nor a memory file")
	}
	f := os.NewFile(uintptr(fd), "handed over")
	defer func() { _ = f.Close() }()
	if memory {
		// The offset is shared with whoever inherited the file as well.
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return readBounded(f)
}

// inMemory reports whether it is the memory file of a channel.
func inMemory(fd int) bool {
	for _, c := range channels {
		if c.Memory != nil && c.Memory(fd) {
			return true
		}
	}
	return false
}
