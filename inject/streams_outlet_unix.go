//go:build unix

package inject

import (
	"errors"
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
	// of are those that it belongs to, whose worker it writes for.
	of *streams

	mu    sync.Mutex
	waits bool
	ended bool          // nobody will have us go on
	told  chan struct{} // closed while a write waits
	again chan struct{} // has it try once more
}

var errHeld = errors.New("the terminal lets nobody write from the background")

func newOutlet(fd int, of *streams) *outlet {
	return &outlet{fd: fd, of: of, told: make(chan struct{}), again: make(chan struct{}, 1)}
}

func (o *outlet) Write(b []byte) (int, error) {
	done, through := 0, false
	for done < len(b) {
		n, err := o.write(b[done:], through)
		through = false
		switch {
		case err == unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLOUT}}, -1)
		case err == unix.EINTR:
			if through = o.wait(); o.over() {
				return done, errHeld
			}
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return done, nil
}

// write writes, whatever the terminal sends, or not; EINTR says that this is to stop us. Where nobody tells who sent a
// signal, what one interrupts is restarted, and would not end: there we send what the terminal would.
func (o *outlet) write(b []byte, through bool) (n int, err error) {
	if through {
		unstopped(func() { n, err = unix.Write(o.fd, b) })
		return n, err
	}
	if !exact && o.background() && o.stops() {
		_ = unix.Kill(0, unix.SIGTTOU)
		return 0, unix.EINTR
	}
	return unix.Write(o.fd, b)
}

func (o *outlet) background() bool { return isTerminal(o.fd) && !inForeground(o.fd) }

func (o *outlet) stops() bool {
	set, err := unix.IoctlGetTermios(o.fd, getTermios)
	return err == nil && set.Lflag&unix.TOSTOP != 0
}

// wait returns when retry is called, or the terminal would let the write through: no signal tells that. It reports
// whether that is because the worker may write.
func (o *outlet) wait() (through bool) {
	if !o.background() || o.of.unstoppable(false) {
		return o.background()
	}
	o.set(true)
	defer o.set(false)
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for o.background() && o.stops() {
		select {
		case <-o.again:
			return false
		case <-look.C:
			if o.of.unstick() {
				return false
			}
			if o.of.unstoppable(true) {
				return true
			}
		}
	}
	return false
}

func (o *outlet) set(waits bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waits = waits; waits {
		close(o.told)
		select {
		case o.of.holds <- struct{}{}:
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
	return o.waits && o.background() && o.stops() && !o.of.unstoppable(false)
}

// giveUp has a write that waits fail with errHeld.
func (o *outlet) giveUp() {
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	o.retry()
}

func (o *outlet) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
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
