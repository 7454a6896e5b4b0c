//go:build unix

package inject

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Adopts reports whether orphans come to this process: it is the first one of its PID
// namespace, or a subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)). What it becomes by execve
// would get them, too.
func Adopts() bool { return os.Getpid() == 1 || adopts != nil && adopts() }

// Self is a plan that runs this very program once more, with all that it was given.
func Self() (*Plan, error) {
	path, err := os.Executable()
	return &Plan{Path: path, Argv: os.Args, Env: os.Environ()}, err
}

// grace is how long a worker has between SIGTERM and SIGKILL.
const grace = 10 * time.Second

// parent is one that stays.
type parent struct {
	plan  *Plan
	stay  Stay
	child int
	sys   *syscall.SysProcAttr
	// streams stand between its output and ours.
	streams *streams
	// outer is our terminal, where the worker has one of its own.
	outer *terminal

	signals <-chan caught
	// receipts are of what is held, abandoned those of what will not be read any more.
	receipts  []*receipt
	abandoned <-chan *receipt
	// started: what comes from here on has come to the child as well, if it was for both. Of what came
	// while it was being started nobody knows, and it gets that once more.
	started bool
	// leads: this process leads its session, and a hangup comes to it alone.
	leads bool
	// apart: the child has a session of its own, and nothing from our terminal.
	apart bool
	// paused is the signal that has stopped the child, 0 while it runs.
	paused unix.Signal
	// marked: it has stopped, and what came before we noticed is to be taken first.
	marked bool
	// times it has stopped, and how many of them we had noticed when that began.
	times, noticed int
	// past is how many marks are to come behind what came before we went on.
	past int
	// pausing is closed when what the worker has written is out, so that we can stop, too; it is
	// nil where nobody waits for that.
	pausing chan struct{}
	// stopped: we stopped for that, and were not told to go on.
	stopped bool
	ended   bool
	// late: somebody had us end when the worker had ended, and nobody had noticed yet.
	late bool
	// asked is the last such signal that was handed on, at askedAt.
	asked   unix.Signal
	askedAt time.Time
	// short is why some of its output did not come out.
	short  error
	status unix.WaitStatus
	// until is when Stay.Timeout is over, stopWaking ends what has us go on then.
	until      time.Time
	stopWaking func()
	timedOut   bool
}

// Stay starts the worker as a child and is its faithful parent: the child is in our own
// process group, so that a terminal has it as if it were called directly; what somebody
// sends to us is handed on; when it stops, so do we; and when one of us ends, so does the
// other. The code is the child's exit status, 128 and the number where a signal ended it.
// An error says that nothing was started.
func (p *Plan) Stay(o Stay) (code int, err error) {
	onLaterThread(func() { code, err = p.stayHere(o) })
	return code, err
}

// stayHere is Stay on a thread of its own: the child dies with the thread that started it, and
// what isolates it is that thread's. The others are not restricted, and do the rest.
func (p *Plan) stayHere(o Stay) (code int, err error) {
	w := &parent{plan: p, stay: o, sys: &syscall.SysProcAttr{}}
	session, err := unix.Getsid(0)
	w.leads = err == nil && session == os.Getpid()
	if err := spare(); err != nil {
		return 0, err
	}
	if err := w.hold(); err != nil {
		return 0, err
	}
	if w.streams, err = openStreams(p, o.Mask); err != nil {
		return 0, err
	}
	w.streams.attr(w.sys)
	w.apart, w.outer = w.streams.apart(), w.streams.outer
	w.signals = catch()
	w.setClock()
	if err := w.start(); err != nil {
		w.stopWaking()
		w.streams.close()
		return 0, err
	}
	w.streams.run(w.child)
	w.attend()
	ended := make(chan int)
	go func() {
		runtime.LockOSThread() // it stops itself by a signal to this thread
		ended <- w.watch()
	}()
	return <-ended, nil
}

// setClock has the time run before there is a worker, which may stop us at once.
func (w *parent) setClock() {
	w.until, w.stopWaking = time.Now().Add(w.stay.Timeout), func() {}
	if w.stay.Timeout > 0 && wakeAfter != nil && exact {
		w.stopWaking = wakeAfter(w.stay.Timeout)
	}
}

// watch is the parent's life from here on.
func (w *parent) watch() int {
	var timeout, kill <-chan time.Time
	if w.stay.Timeout > 0 {
		timeout = time.After(time.Until(w.until))
	}
	for {
		// At every turn: a SIGCHLD may get lost, and then others wait to be read.
		if w.reap(); w.ended {
			w.stopWaking() // who has us stop from here on has a reason
			w.drain()
			return w.code()
		}
		if stopLike != nil && w.stopped && w.paused == 0 { // we were not: nothing stops an orphaned process group
			w.stopped = false
			w.streams.continued()
		}
		if w.pauses() && !w.marked {
			w.marked, w.noticed = true, w.times
			time.AfterFunc(catching, func() { markSoon(childStops) })
		}
		select {
		case <-w.pausing:
			w.pausing = nil
			w.stop()
		case c := <-w.signals:
			w.take(c)
		case r := <-w.abandoned:
			w.lost(r)
		case <-timeout:
			w.timedOut = true
			w.send(unix.SIGTERM)
			w.goOn()
			w.send(unix.SIGCONT)
			kill = time.After(grace)
		case <-kill:
			w.send(unix.SIGKILL)
		}
	}
}

// reap collects all that has ended, and notes what became of the child.
func (w *parent) reap() {
	for !w.ended {
		w.streams.look(false)
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil || pid == 0:
			return
		case pid != w.child:
		case status.Stopped():
			// Each is told once: if we had stopped for one before, we have gone on since.
			w.paused, w.stopped = status.StopSignal(), false
			w.times++
		case status.Continued():
			w.paused = 0
		default:
			w.ended, w.status = true, status
		}
	}
}

// send signals the child, which is there until reap has had it.
func (w *parent) send(s unix.Signal) { _ = unix.Kill(w.child, s) }

// wakeAfter, where the platform has it, has this process go on when it is stopped then, and
// again every second, until stop.
var wakeAfter func(time.Duration) (stop func())
