//go:build unix

package inject

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/inject/mask"
)

const (
	// pumped is how much is read at once: what a pipe holds.
	pumped = 64 << 10
	// left is what can be left in a pipe or terminal when its writer has ended, at most:
	// the kernel's buffers. A pipe that was made larger says so itself.
	left = 128 << 10
)

// pump copies one stream of the worker to ours, masked.
type pump struct {
	from   *os.File
	to     int
	out    *mask.Writer
	done   chan struct{} // closed when what start has started is over; nil while nothing is
	once   sync.Once
	closed atomic.Bool
	// lost is why what the worker has written did not come out; read it when all is over.
	lost error
}

// start copies until the worker's side is closed, or ours cannot be written to, or pause is called.
func (p *pump) start() {
	if p.closed.Load() {
		return
	}
	_ = p.from.SetReadDeadline(time.Time{})
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		buf := make([]byte, pumped)
		for {
			n, err := p.from.Read(buf)
			if n > 0 && !p.write(buf[:n]) || errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			if err != nil { // the end: EOF of a pipe, EIO of a terminal
				p.finish()
				return
			}
		}
	}()
}

// write reports whether the stream goes on. Where nobody reads ours any more, nobody reads
// the worker's: it gets SIGPIPE at its next write, as without us.
func (p *pump) write(b []byte) bool {
	_, err := p.out.Write(b)
	if err != nil {
		p.fail(err)
		p.finish()
	}
	return err == nil
}

// pause ends the copying when all is through that the worker has written so far. Others may hold
// its side open, too, and write more: what is read is bounded.
func (p *pump) pause() {
	if p.done != nil {
		_ = p.from.SetReadDeadline(time.Unix(1, 0)) // which is over
		<-p.done
		p.done = nil
	}
	conn, err := p.from.SyscallConn()
	if err != nil {
		return
	}
	buf := make([]byte, pumped)
	for read, most := 0, left; read < most; {
		n := 0
		err := conn.Control(func(fd uintptr) {
			most = max(most, capacity(int(fd)))
			n, _ = unix.Read(int(fd), buf)
		})
		if err != nil || n <= 0 || !p.write(buf[:n]) {
			return
		}
		read += n
	}
}

// resize gives the worker's terminal the size of ours, and reports whether it has one.
func (p *pump) resize() (changed bool) {
	size, err := unix.IoctlGetWinsize(p.to, unix.TIOCGWINSZ)
	if err != nil || p.closed.Load() {
		return false
	}
	if conn, err := p.from.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) {
			changed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) == nil
		})
	}
	return changed
}

// fail notes why output is lost. That nobody reads it is no failure.
func (p *pump) fail(err error) {
	if p.lost == nil && err != nil && !errors.Is(err, unix.EPIPE) {
		p.lost = err
	}
}

// finish lets go of both sides, so that whoever reads ours sees the end.
func (p *pump) finish() {
	p.once.Do(func() {
		p.closed.Store(true)
		p.fail(p.out.Close())
		_ = p.from.Close()
		_ = unix.Close(p.to)
	})
}

// capacityOf, where the platform tells it, is how much a pipe can hold.
var capacityOf func(fd int) int

func capacity(fd int) int {
	if capacityOf == nil {
		return 0
	}
	return capacityOf(fd)
}

// outlet writes to a descriptor, of which others may have made that it does not block. It is no
// os.File: one for standard output would end this process by SIGPIPE.
type outlet int

func (fd outlet) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.Write(int(fd), b[done:])
		switch {
		case err == unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		case err == unix.EINTR:
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return done, nil
}
