//go:build unix

package inject

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// outlet writes to a descriptor, of which others may have made that it does not block. It is no
// os.File: one for standard output would end this process by SIGPIPE.
//
// A terminal may stop who writes to it from the background (stty tostop, termios(3)). We catch what it sends,
// so the write waits, until the worker has stopped and so have we, and somebody has us go on.
type outlet struct {
	fd int
	// worker reports whether the terminal lets the worker through, who ignores what it sends.
	worker func() bool
	// holds gets a value when a write waits, if there is room.
	holds chan<- struct{}

	mu    sync.Mutex
	waits bool
	told  chan struct{} // closed while a write waits
	again chan struct{} // has it try once more
}

func newOutlet(fd int, worker func() bool, holds chan<- struct{}) *outlet {
	return &outlet{fd: fd, worker: worker, holds: holds, told: make(chan struct{}), again: make(chan struct{}, 1)}
}

func (o *outlet) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := o.write(b[done:])
		switch {
		case err == unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLOUT}}, -1)
		case err == unix.EINTR:
			o.wait()
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return done, nil
}

// write writes; EINTR says that this is to stop us. Where nobody tells who sent a signal, what one
// interrupts is restarted, and would not end: there we send what the terminal would.
func (o *outlet) write(b []byte) (n int, err error) {
	if !exact && o.background() && o.stops() {
		_ = unix.Kill(0, unix.SIGTTOU)
		return 0, unix.EINTR
	}
	if n, err = unix.Write(o.fd, b); err == unix.EINTR && o.background() && o.worker() {
		unstopped(func() { n, err = unix.Write(o.fd, b) })
	}
	return n, err
}

func (o *outlet) background() bool { return isTerminal(o.fd) && !inForeground(o.fd) }

func (o *outlet) stops() bool {
	set, err := unix.IoctlGetTermios(o.fd, getTermios)
	return err == nil && set.Lflag&unix.TOSTOP != 0
}

// wait returns when retry is called, or the terminal would let the write through: no signal tells that.
func (o *outlet) wait() {
	if !o.background() {
		return
	}
	o.set(true)
	defer o.set(false)
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for o.background() && o.stops() && !o.worker() {
		select {
		case <-o.again:
			return
		case <-look.C:
		}
	}
}

func (o *outlet) set(waits bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waits = waits; waits {
		close(o.told)
		select {
		case o.holds <- struct{}{}:
		default:
		}
		return
	}
	o.told, o.again = make(chan struct{}), make(chan struct{}, 1)
}

// held is closed while a write waits.
func (o *outlet) held() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// stuck reports whether a write waits that the terminal would not let through.
func (o *outlet) stuck() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waits && o.background() && o.stops()
}

// retry has a write that waits try once more.
func (o *outlet) retry() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.waits {
		return
	}
	select {
	case o.again <- struct{}{}:
	default:
	}
}
