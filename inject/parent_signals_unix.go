//go:build unix

package inject

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// caught is a signal that came to us, or a mark between those before and those after.
type caught struct {
	signal unix.Signal
	mark   marker // where signal is 0
	// kernel: it is the kernel's, which sends a terminal's signals to the whole process
	// group.
	kernel bool
	// own: it is from this process.
	own bool
	// queued is what came with it, where sigqueue(3) sent it.
	queued *[siginfoSize]byte
}

// marker says what came to pass between signals.
type marker int32

const (
	childThere marker = 1 + iota // what came before may have come to us alone, what comes from here on to both
	childStops                   // we noticed that it has stopped: what came before is taken first
	wentOn                       // we were stopped, and go on
)

// siginfoSize is that of a siginfo_t on Linux.
const siginfoSize = 128

// catchExact, where the platform has it, tells who sent a signal.
var catchExact func(list []unix.Signal, out chan<- caught) bool

// inherits reports whether our caller ignored a signal.
var inherits = func(s unix.Signal) bool { return signal.Ignored(s) }

// What is told what catches: to put a mark behind what was caught, false where there is no room, and
// that the child is there.
var (
	putMark      = mark
	childStarted = func() {}
)

// exact: it is told who sent a signal.
var exact bool

// signals is where the caught ones come.
var signals chan caught

// catch has every signal that can be caught come to a channel. One that our caller ignored
// stays so for the child, which inherits that.
func catch() <-chan caught {
	signals = make(chan caught, 64)
	var list []unix.Signal
	for s := unix.Signal(1); s <= lastSignal; s++ {
		switch s {
		case unix.SIGKILL, unix.SIGSTOP:
		default:
			list = append(list, s)
		}
	}
	if exact = catchExact != nil && catchExact(list, signals); !exact {
		catchSome(list)
	}
	return signals
}

// mark does not wait, since nobody may read yet: where the channel is full, so many signals are there
// that some of those that come later may count as earlier.
func mark(m marker) bool {
	select {
	case signals <- caught{mark: m}:
	default:
		go func() { signals <- caught{mark: m} }()
	}
	return true
}

// markSoon puts a mark now, or as soon as there is room.
func markSoon(m marker) {
	if putMark(m) {
		return
	}
	go func() {
		for !putMark(m) {
			time.Sleep(catching)
		}
	}()
}

// catchSome guesses who sent a signal: a terminal that has us in the foreground sends its
// own to the child, too.
func catchSome(list []unix.Signal) {
	notified := make(chan os.Signal, 64)
	for _, s := range list {
		if s != unix.SIGURG && s != unix.SIGPIPE && !signal.Ignored(s) { // Go sends itself the first
			signal.Notify(notified, s)
		}
	}
	go func() {
		for s := range notified {
			s := s.(unix.Signal)
			signals <- caught{signal: s, kernel: fromTerminal(s) && foreground()}
		}
	}()
}

// fromTerminal: a terminal sends it (termios(3), tty_ioctl(2)).
func fromTerminal(s unix.Signal) bool {
	switch s {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGCONT, unix.SIGWINCH:
		return true
	}
	return false
}

// foreground: this process has the terminal.
func foreground() bool {
	tty, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(tty) }()
	return inForeground(tty)
}

// take does with a signal what is to be done.
func (w *parent) take(c caught) {
	if c.signal == unix.SIGWINCH && w.started {
		w.streams.resized()
	}
	switch {
	case c.signal == 0:
		w.passed(c.mark)
	case stops(c.signal) && w.past > 0: // going on takes away what stops and waits (signal(7))
	case c.signal == unix.SIGWINCH && c.kernel && w.apart: // its own terminal tells it
	case c.own, c.signal == unix.SIGCHLD && c.kernel:
	case c.signal == unix.SIGCONT && w.past > 0: // what was told has been done
	case c.signal == unix.SIGCONT && w.stopped:
		w.goOn()
	case c.signal == unix.SIGCONT && w.apart:
		w.outer.wokenUp()
		w.outer.signal(unix.SIGCONT)
	case c.kernel && w.started && w.has(c.signal):
	default:
		w.hand(c)
	}
}

// passed is told that all signals before a mark have been taken.
func (w *parent) passed(m marker) {
	switch m {
	case childThere:
		w.started = true
	case childStops:
		w.marked = false
		if w.reap(); !w.ended && w.pauses() && w.noticed == w.times { // else it is noticed anew
			w.pause()
		}
	case wentOn:
		w.past--
	}
}

// hand hands a signal on. One for a worker that has ended comes to nobody: then it is for us.
func (w *parent) hand(c caught) {
	if w.reap(); ends(c.signal) {
		w.late, w.asked, w.askedAt = w.ended, c.signal, time.Now()
	}
	switch {
	case w.ended:
	case w.apart && c.kernel && typed(c.signal):
		w.outer.hasTyped(c.signal)
	case w.apart && stops(c.signal):
		w.send(c.signal)
		w.outer.stopChild(c.signal, byOther)
	case c.queued != nil && handOn != nil:
		handOn(w.child, c)
	default:
		w.send(c.signal)
	}
}

// typed: a key sends it (termios(3)).
func typed(s unix.Signal) bool { return s == unix.SIGINT || s == unix.SIGQUIT || s == unix.SIGTSTP }

// has reports whether the child has from the kernel what came to us from there.
func (w *parent) has(s unix.Signal) bool {
	return fromTerminal(s) && !w.apart && !(w.leads && s == unix.SIGHUP)
}

// handOn, where the platform has it, signals the child with what came with the signal.
var handOn func(child int, c caught)
