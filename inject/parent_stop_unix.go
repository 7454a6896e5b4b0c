//go:build unix

package inject

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stopLike, where the platform has it, stops this process as that signal does by default,
// unless the child goes on before. It returns when the process goes on, and told says that a SIGCONT
// came meanwhile, which is told nowhere else; none did where the signal could not stop us, as in an
// orphaned process group (setpgid(2)).
var stopLike func(s unix.Signal, goesOn func() bool) (told bool)

// followed, where the platform tells it, reports whether this process group is one that another wg-run follows: when it is
// stopped, so is that, for somebody who can have both go on.
var followed func() bool

// catching is how long it may take until a signal that has come is caught, by a thread that has to wait for a
// processor: while we are stopped it would wait, too, and then be taken for one that came later.
const catching = 5 * time.Millisecond

// stopNow stops this process, which has no worker any more, unless our caller ignored that or nobody could. At a
// given time it goes on by itself. It reports whether it was stopped.
func (w *parent) stopNow(s unix.Signal, until time.Time) bool {
	if os.Getpid() == 1 || inherits(s) {
		return false
	}
	if !until.IsZero() && wakeAfter != nil && exact {
		defer wakeAfter(max(time.Until(until), time.Millisecond))()
	}
	if stopLike == nil {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
		return true
	}
	told := stopLike(s, func() bool { return false })
	w.wentOn(told)
	return told
}

// wentOn notes that a SIGCONT came while we stopped: what stops and came before is void.
func (w *parent) wentOn(told bool) {
	if told && putMark(wentOn) {
		w.past++
	}
}

// pauses: the child has stopped, and we are to.
func (w *parent) pauses() bool {
	return w.paused != 0 && !w.stopped && w.pausing == nil && !w.timedOut
}

// pause prepares to stop, as the child did. Whoever reads our output may take their time: meanwhile
// signals are handled as ever. The first process of a PID namespace cannot be stopped, and has
// nobody who would have it go on.
func (w *parent) pause() {
	if os.Getpid() == 1 {
		w.paused = 0
		w.send(unix.SIGCONT)
		return
	}
	if len(w.streams.pumps) == 0 && w.streams.outer == nil { // nothing to wait for
		w.stop()
		return
	}
	pausing := make(chan struct{})
	w.pausing = pausing
	go func() {
		defer close(pausing)
		w.streams.stopped()
	}()
}

// stop stops as the child did, so that the shell sees it, unless that goes on already.
func (w *parent) stop() {
	if w.paused == 0 || w.timedOut {
		w.streams.continued()
		return
	}
	goesOn := func() bool {
		w.reap()
		return w.ended || w.paused == 0
	}
	told, alone := false, false
	if stopLike != nil {
		s := w.paused
		if w.apart {
			s = w.outer.stoppedAs(s)
		}
		told = stopLike(s, goesOn)
		alone = w.apart && stops(s) && !told
	} else if !goesOn() {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
	}
	if w.stopped = !w.ended && w.paused != 0; !w.stopped && !w.ended {
		w.streams.continued()
	}
	// In an orphaned process group (setpgid(2)) what stops a terminal's jobs stops nobody, and would not
	// have stopped the worker.
	switch w.wentOn(told); {
	case alone && w.stopped && followed != nil && followed():
		_ = unix.Kill(0, unix.SIGSTOP)
	case told, alone:
		w.goOn()
	}
}

// goOn has the child go on where it did not. A shell has both of us go on, and somebody who
// knows only us, us.
func (w *parent) goOn() {
	if w.reap(); !w.stopped { // it was stopped once more since, and stays so
		return
	}
	w.stopped = false
	if w.ended {
		return
	}
	defer w.streams.continued()
	if w.paused != 0 {
		if !w.apart { // else the streams do, once they are ready
			w.send(unix.SIGCONT)
		}
		// Not left to reap: a child that is about to end has neither gone on nor ended for
		// wait(2), and we would stop once more, with nobody to have us go on.
		w.paused = 0
	}
}
