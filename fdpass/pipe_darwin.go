package fdpass

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipeCloexec has no pipe2(2) to use; the lock keeps a fork of ours from
// inheriting the descriptors in between.
func pipeCloexec(p *[2]int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(p[:]); err != nil {
		return err
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return nil
}

// openMemfd, openInDirectory: there are no memory files.
var openMemfd, openInDirectory func(string, []byte) (*os.File, error)

var isMemfd func(int) bool

// OpenDirectory returns ErrUnsupported.
func OpenDirectory(map[string]int) (*os.File, error) { return nil, ErrUnsupported }

// fionread is FIONREAD, ioctl(2).
const fionread = 0x4004667f

// holdMemfd, holdSocket: see openMemfd; what is unread in a socket is not told.
var holdMemfd, holdSocket func(string, []byte, bool) (*Held, error)
