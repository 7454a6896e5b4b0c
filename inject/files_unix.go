//go:build unix

package inject

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Files are the worker's descriptors, by number, for who starts it as a child and does
// not become it: the deliveries and their directory, and below them what the caller left open. What is open
// above them a child inherits in any case. They are the plan's, until Close.
func (p *Plan) Files() ([]*os.File, error) {
	if err := p.shut(); err != nil {
		return nil, fmt.Errorf("placing descriptors: %w", err)
	}
	top := firstNumber - 1
	for _, f := range p.placed() {
		top = max(top, f.number)
	}
	files := make([]*os.File, top+1)
	for fd := range files {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || fd >= firstNumber && flags&unix.FD_CLOEXEC != 0 {
			continue
		}
		// A copy: a file closes its descriptor when it is collected.
		if copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, top+1); err == nil {
			files[fd] = os.NewFile(uintptr(copied), "inherited")
		}
	}
	for _, f := range p.placed() {
		files[f.number] = f.file
	}
	return files, nil
}
