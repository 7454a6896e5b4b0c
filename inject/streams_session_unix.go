//go:build unix

package inject

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminal is ours while the worker has one of its own, with a session of its own: what is typed goes
// to the worker's, which makes signals of it.
type terminal struct {
	tty    *os.File // our terminal, opened anew: nobody else's reads are changed
	master *os.File // of the worker's
	before *term.State
	ours   *term.State // how we have set it
	child  int

	mu      sync.Mutex
	turn    *sync.Cond
	raw     bool
	wanted  bool // what is typed is read
	reading bool
	closed  bool
	awaits  bool   // until it is ours
	typed   []byte // read, and not written yet
	// like is the signal that the worker was stopped for, by whom.
	like   unix.Signal
	turns  int // how often it has gone on
	by     sender
	tidies *time.Timer // until it is stopped
}

// sender is who sent a signal that stops.
type sender int

const (
	byKey   sender = iota // typed, and read by us: it came to nobody yet
	byOther               // it came to us
)

// lookAgain is how often we look, in the background, whether we have got the terminal: no signal tells.
const lookAgain = 250 * time.Millisecond

// openSession gives the worker a terminal of its own for all that is a terminal.
func (s *streams) openSession() error {
	from, to, err := openTerminal(0, false)
	if err != nil {
		return err
	}
	s.files[0], s.files[1] = to, to
	if isTerminal(2) {
		s.files[2] = to
	}
	t := &terminal{}
	t.turn = sync.NewCond(&t.mu)
	s.outer = t
	if err := s.pump(from, 1); err != nil {
		return err
	}
	if t.master, err = twin(from); err != nil {
		return err
	}
	if t.before, err = term.GetState(0); err != nil {
		return err
	}
	t.tty, err = os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	return err
}

func (t *terminal) run(child int) {
	t.child = child
	t.enter()
	go unstopped(t.copyTyped) // its reads fail in the background, and stop nobody
}

// isRaw reports whether our terminal is raw; there may be none.
func (t *terminal) isRaw() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.raw
}

// enter takes the terminal, if it is ours to take, now or later.
func (t *terminal) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.goesOn()
	t.takeSoon()
}

// wokenUp is told that somebody has us go on, and the worker did not stop. Who had us stop may have the terminal now,
// and may have set it otherwise: where not, it is as it was.
func (t *terminal) wokenUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.goesOn()
	if t.raw && !t.foreground() {
		t.lose()
		t.set(func(fd int) error {
			now, err := term.GetState(fd)
			if err != nil || t.ours == nil || *now != *t.ours {
				return err
			}
			return term.Restore(fd, t.before)
		})
	}
	t.raw = false
	t.takeSoon()
}

// goesOn forgets what the worker was stopped for, or was to be. It is called with the lock.
func (t *terminal) goesOn() {
	t.turns++
	if t.like = 0; t.tidies != nil {
		t.tidies.Stop()
		t.tidies = nil
	}
}

// lose reads nothing any more. It is called with the lock.
func (t *terminal) lose() {
	t.wanted = false
	if t.tty != nil {
		_ = t.tty.SetReadDeadline(time.Unix(1, 0))
		_ = t.master.SetWriteDeadline(time.Unix(1, 0))
	}
}

// takeSoon takes the terminal now, or as soon as it is ours. It is called with the lock.
func (t *terminal) takeSoon() {
	if t.take(); !t.raw && !t.closed && !t.awaits {
		t.awaits = true
		go t.await()
	}
}

// take makes the terminal raw in the foreground. It is called with the lock.
func (t *terminal) take() {
	if t.closed || t.raw || !t.foreground() {
		return
	}
	t.set(func(fd int) (err error) {
		if _, err = term.MakeRaw(fd); err == nil {
			t.ours, err = term.GetState(fd)
		}
		return err
	})
	t.raw, t.wanted = true, true
	_ = t.tty.SetReadDeadline(time.Time{})
	_ = t.master.SetWriteDeadline(time.Time{})
	t.turn.Broadcast()
}

// await waits in the background for the terminal.
func (t *terminal) await() {
	for range time.Tick(lookAgain) {
		t.mu.Lock()
		t.take()
		over := t.raw || t.closed
		t.awaits = !over
		t.mu.Unlock()
		if over {
			return
		}
	}
}

// leave gives the terminal back as it was, and reads nothing from it.
func (t *terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lose()
	for t.reading {
		t.turn.Wait()
	}
	if t.raw {
		t.raw = false
		t.set(func(fd int) error { return term.Restore(fd, t.before) })
	}
}

// suspended has those stop, too, that were started with us: Ctrl-Z would have come to them.
func (t *terminal) suspended() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.like != 0 && t.by == byKey {
		_ = unix.Kill(0, t.like)
	}
}

// stoppedAs is the signal that the worker was stopped for; its own status says s.
func (t *terminal) stoppedAs(s unix.Signal) unix.Signal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.like != 0 {
		return t.like
	}
	return s
}

func (t *terminal) close() {
	t.leave()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.turn.Broadcast()
	if t.tty != nil {
		_ = t.tty.Close()
	}
	if t.master != nil {
		_ = t.master.Close()
	}
}

// signal signals the worker's foreground, and the worker.
func (t *terminal) signal(sig unix.Signal) {
	if group := t.group(); group > 0 && group != t.child {
		_ = unix.Kill(-group, sig)
	}
	_ = unix.Kill(-t.child, sig)
}
