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
	to     *outlet
	out    *mask.Writer
	once   sync.Once
	closed atomic.Bool
	// lost is why what the worker has written did not come out; read it when all is over.
	lost error

	mu      sync.Mutex
	pausing bool
	done    chan struct{} // closed when the copying is over; nil while there is none
}

// start copies until the worker's side is closed, or ours cannot be written to, or pause is called.
func (p *pump) start() {
	p.run(false)
	p.to.retry()
}

// pause ends the copying when all is through that the worker has written so far. Others may hold
// its side open, too, and write more: what is read is bounded. A write that is held, since it would
// stop us, is not waited for; start has it, and the copying, go on.
func (p *pump) pause() {
	if done := p.run(true); done != nil {
		select {
		case <-done:
		case <-p.to.held():
		}
	}
}

// end is as pause, and waits also for such a write.
func (p *pump) end() {
	if done := p.run(true); done != nil {
		<-done
	}
}

// run has the copying go on, or end, and returns what is closed then.
func (p *pump) run(pausing bool) (done <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed.Load() && p.done == nil {
		return nil
	}
	var until time.Time
	if pausing {
		until = time.Unix(1, 0) // which is over
	}
	p.pausing = pausing
	_ = p.from.SetReadDeadline(until)
	if p.done == nil {
		p.done = make(chan struct{})
		go p.copy()
	}
	return p.done
}

// over is called when the copying has ended, or may: it reports whether it has.
func (p *pump) over(ended bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ended && !p.pausing {
		return false
	}
	close(p.done)
	p.done = nil
	return true
}

func (p *pump) copy() {
	buf := make([]byte, pumped)
	for {
		n, err := p.from.Read(buf)
		ended := false
		switch {
		case n > 0 && p.write(buf[:n]):
			continue
		case n > 0:
			ended = true
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.rest(buf)
		default: // the end: EOF of a pipe, EIO of a terminal
			p.finish()
			ended = true
		}
		if p.over(ended) {
			return
		}
	}
}

// rest copies what is there already.
func (p *pump) rest(buf []byte) {
	conn, err := p.from.SyscallConn()
	if err != nil {
		return
	}
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

// resize gives the worker's terminal the size of ours, and reports whether it has one.
func (p *pump) resize() (changed bool) {
	size, err := unix.IoctlGetWinsize(p.to.fd, unix.TIOCGWINSZ)
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
		_ = unix.Close(p.to.fd)
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
