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
// cannot have made is left alone: with a stale number it is the program's own.
func readDescriptor(fd int) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("the descriptor is not open: %w", err)
	}
	kind := st.Mode & unix.S_IFMT
	if kind != unix.S_IFIFO && kind != unix.S_IFSOCK && kind != unix.S_IFREG {
		return nil, errors.New("the descriptor is neither a pipe nor a memory file")
	}
	f := os.NewFile(uintptr(fd), "handed over")
	defer func() { _ = f.Close() }()
	if kind == unix.S_IFREG {
		// The offset is shared with whoever inherited the file as well.
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return readBounded(f)
}
