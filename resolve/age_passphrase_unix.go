//go:build unix

package resolve

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func init() {
	readPassphraseFD = func(fd int) ([]byte, error) {
		// os.File closes what it was given when it is collected, at a time when the
		// number may be another file's.
		own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		f := os.NewFile(uintptr(own), fmt.Sprintf("descriptor %d", fd))
		defer func() { _ = f.Close() }()
		b, err := readBounded(f)
		if err == nil && len(b) > maxPassphrase {
			clear(b)
			return nil, fmt.Errorf("more than %d bytes", maxPassphrase)
		}
		return b, withoutPath(err)
	}
}
