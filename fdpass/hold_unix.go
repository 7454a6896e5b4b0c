//go:build unix

package fdpass

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// feeder is the writing end of what is held, with what has not fitted.
type feeder struct {
	mu   sync.Mutex
	fd   int // -1 once it is closed
	rest []byte
	left int // how much of it is not written
	// written is called before the end is closed, and done is closed when it was, or when nobody
	// reads any more: then refused, if there is one, is called with the answer.
	written func()
	refused func(error)
	done    chan struct{}
}

// newFeeder fills the end with what there is room for.
func newFeeder(fd int, data []byte, grow func(fd, more int) error) (*feeder, error) {
	n, err := fill(fd, data, grow)
	if err != nil && !errors.Is(err, ErrTooBig) {
		return nil, err
	}
	f := &feeder{fd: fd, rest: slices.Clone(data[n:]), done: make(chan struct{})}
	f.left = len(f.rest)
	return f, unix.SetNonblock(fd, false)
}

// feed writes the rest in pieces, so that left is true. Where nobody reads any more the end
// stays open: it tells what was not taken.
func (f *feeder) feed() {
	const piece = 4096
	defer close(f.done)
	defer clear(f.rest)
	for rest := f.rest; len(rest) > 0; {
		n, err := unix.Write(f.fd, rest[:min(piece, len(rest))])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.refused != nil {
				f.refused(err)
			}
			return
		}
		rest = rest[n:]
		f.mu.Lock()
		f.left = len(rest)
		f.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written()
}

// toFeed is feed where there is something to feed; else the end is written.
func (f *feeder) toFeed() func() {
	if len(f.rest) == 0 {
		f.written()
		close(f.done)
		return nil
	}
	return f.feed
}

func (f *feeder) close() {
	if f.fd >= 0 {
		_ = unix.Close(f.fd)
		f.fd = -1
	}
}

// anotherEnd, where the platform has it, opens a reading end of the pipe that is told from
// the worker's.
var anotherEnd func(pipe int) (int, error)

// watchEnd, where the platform has it, makes what waits until somebody has closed a reading
// end, or has read, since then or the last time.
var watchEnd func(pipe int) (wait func() bool, stop func())

// onlyEnd, where watchEnd is, reports whether nobody else has a reading end; ours is another one then.
var onlyEnd func(pipe int) (now int, only bool)

// holdPipe keeps a reading end, so that the kernel keeps what was not read, but not while it
// feeds: that would hide that nobody else has one.
func holdPipe(_ string, data []byte, _ bool) (*Held, error) {
	var p [2]int
	if err := pipeCloexec(&p); err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	f, err := newFeeder(p[1], data, growPipe)
	if err != nil {
		_, _ = unix.Close(p[0]), unix.Close(p[1])
		return nil, fmt.Errorf("filling a pipe with %d bytes: %w", len(data), err)
	}
	own, wait, stop := -1, func() bool { return false }, func() {}
	if anotherEnd == nil {
		own, _ = unix.FcntlInt(uintptr(p[0]), unix.F_DUPFD_CLOEXEC, 0)
	}
	f.written = func() {
		if anotherEnd != nil {
			if fd, err := anotherEnd(f.fd); err == nil {
				own = fd
				wait, stop = watchEnd(own)
			}
		}
		f.close()
	}
	h := &Held{File: os.NewFile(uintptr(p[0]), "pipe"), Feed: f.toFeed()}
	h.Unread = func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		n, _ := unix.IoctlGetInt(max(f.fd, own), fionread)
		return n + f.left
	}
	size := len(data) // the data are wiped soon
	if watchEnd != nil {
		only := func() (is bool) {
			f.mu.Lock()
			defer f.mu.Unlock()
			stop()
			own, is = onlyEnd(own)
			wait, stop = watchEnd(own)
			return is
		}
		h.Watch = func() bool {
			for <-f.done; f.left > 0 || wait(); { // what is left nobody can read
				if h.Unread() < size {
					break
				}
				if f.left > 0 || only() {
					return h.Unread() == size
				}
			}
			return false
		}
	}
	h.Close = func() {
		stop()
		_ = h.File.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.close()
		if own >= 0 {
			_ = unix.Close(own)
		}
	}
	return h, nil
}
