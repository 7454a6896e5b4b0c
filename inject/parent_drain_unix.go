//go:build unix

package inject

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// drain brings out what the worker has left. Whoever reads our output may take their time, up to
// Stay.Timeout and as long again as a worker has to end, and who has us end need not wait for that.
func (w *parent) drain() {
	done, terminal, pumps, holds, pausing := make(chan struct{}), w.streams.outer, w.streams.pumps, w.streams.holds, w.pausing
	var hurried <-chan time.Time // who reads gets it all the same
	if w.toldLate() {
		hurried = time.After(settle)
	}
	var over <-chan time.Time
	until := time.Time{}
	if w.stay.Timeout > 0 {
		until = time.Now().Add(max(time.Until(w.until)+grace, settle))
		over = time.After(time.Until(until))
	}
	leave := func() {
		if terminal != nil {
			terminal.leave()
		}
	}
	retry := func() {
		for _, p := range pumps {
			p.to.retry()
		}
	}
	retry() // what was to stop us has stopped nobody
	go func() {
		defer close(done)
		if pausing != nil {
			<-pausing
		}
		w.streams.ended()
	}()
	for {
		select {
		case <-done:
			w.short = w.streams.lost
			return
		case <-hurried:
			leave()
			return
		case <-over:
			leave()
			w.short = errUnread
			return
		case <-holds:
			i := slices.IndexFunc(pumps, func(p *pump) bool { return p.to.stuck() })
			switch {
			case i < 0:
			case w.timedOut || w.status.Signaled(): // it would have ended while it was stopped for this
				pumps[i].to.giveUp()
			default:
				leave()
				if w.stopNow(unix.SIGTTOU, until) {
					retry()
				}
			}
		case c := <-w.signals:
			switch {
			case c.mark == wentOn:
				w.past--
			case c.own:
			case ends(c.signal):
				leave()
				return
			case c.signal == unix.SIGTTOU && (c.kernel || !exact): // sent for what we write: see above
			case stops(c.signal) && w.past == 0:
				leave()
				w.stopNow(c.signal, time.Time{})
				retry()
			}
		}
	}
}

var errUnread = errors.New("whoever reads it does not")

// toldLate reports whether a signal that was to end us came to a worker that had ended, or was about
// to: something else has ended it right afterwards.
func (w *parent) toldLate() bool {
	return w.late || w.status.Signaled() && w.asked != 0 && w.asked != w.status.Signal() && time.Since(w.askedAt) < settle
}

// ends: who sends it wants to see the end.
func ends(s unix.Signal) bool {
	return s == unix.SIGHUP || s == unix.SIGINT || s == unix.SIGQUIT || s == unix.SIGTERM
}

// stops: it is a terminal's, for who is to stop.
func stops(s unix.Signal) bool {
	return s == unix.SIGTSTP || s == unix.SIGTTIN || s == unix.SIGTTOU
}

// code is our own exit code.
func (w *parent) code() int {
	if w.timedOut {
		w.tell(timeUp(w.stay.Timeout))
	}
	unread := w.unread()
	if w.short != nil {
		w.tell(fmt.Errorf("the worker's output is not complete: writing it: %w", w.short))
	}
	switch {
	case w.timedOut:
		return CodeTimedOut
	case w.status.Signaled():
		return CodeSignal + int(w.status.Signal())
	case w.status.ExitStatus() == 0 && (unread && w.stay.RequireRead || w.short != nil):
		return codeFailed
	}
	return w.status.ExitStatus()
}
