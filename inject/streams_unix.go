//go:build unix

package inject

import (
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/inject/mask"
)

// streams are what stands between the worker's output and ours. Where that is a terminal
// the worker has one, too; else it has a pipe. The zero value stands for nothing: the
// worker has our own.
//
// The parent makes them before the worker starts (openStreams, file, attr), sets them
// going (run), tells them what comes to pass (stopped, continued, resized), and has them
// bring out the rest when the worker has ended (ended).
type streams struct {
	set     *mask.Set
	files   [3]*os.File // the worker's 0, 1 and 2; nil for our own
	pumps   []*pump
	outer   *terminal // ours, if the worker has a session and a terminal of its own
	child   int
	holds   chan struct{} // has a value when a write may not go through (outlet)
	through atomic.Bool   // a terminal would not stop the worker that writes in the background
	lost    error         // why output of the worker's did not come out, when all is over
}

// openStreams makes what the worker is to write to. What it needs of the secrets it copies.
func openStreams(p *Plan, masked bool) (*streams, error) {
	s := &streams{holds: make(chan struct{}, 1)}
	if !masked {
		return s, nil
	}
	var secrets []mask.Secret
	for i := range p.Deliveries {
		for _, text := range p.Deliveries[i].writings() {
			defer clear(text)
			secrets = append(secrets, mask.Secret{Name: p.Deliveries[i].Name, Value: text})
		}
	}
	s.set = mask.NewSet(secrets)
	if err := s.open(); err != nil {
		s.close()
		return nil, fmt.Errorf("masking the output: %w", err)
	}
	return s, nil
}

func (s *streams) open() error {
	if isTerminal(0) && isTerminal(1) && inForeground(0) {
		if err := s.openSession(); err != nil {
			return err
		}
	}
	for fd := 1; fd <= 2; fd++ {
		switch {
		case s.files[fd] != nil:
		case fd == 2 && same(1, 2):
			s.files[2] = s.files[1]
		default:
			if err := s.openOutput(fd); err != nil {
				return err
			}
		}
	}
	return nil
}

// openOutput puts a terminal or a pipe before one of our own. The terminal translates
// nothing, since the one behind does.
func (s *streams) openOutput(fd int) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
		return nil // the worker finds it closed, as we did
	}
	var from, to *os.File
	var err error
	if isTerminal(fd) {
		from, to, err = openTerminal(fd, true)
	} else {
		from, to, err = openPipe()
	}
	if err != nil {
		return err
	}
	s.files[fd] = to
	return s.pump(from, fd)
}

// pump has what comes from a file go to a copy of one of our own, masked.
func (s *streams) pump(from *os.File, fd int) error {
	to, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, firstNumber)
	if err != nil {
		_ = from.Close()
		return err
	}
	out := newOutlet(to, s)
	s.pumps = append(s.pumps, &pump{from: from, to: out, out: s.set.Writer(out)})
	return nil
}

// file is what the worker gets under a number from 0 to 2.
func (s *streams) file(fd int) *os.File { return s.files[fd] }

// apart reports whether the worker gets a session of its own: then nothing comes to it from our terminal.
func (s *streams) apart() bool { return s.outer != nil }

// attr changes how the worker is started.
func (s *streams) attr(a *syscall.SysProcAttr) {
	if s.apart() {
		a.Setsid, a.Setctty, a.Ctty = true, true, 0
	}
}

// run copies from here on. The worker has started.
func (s *streams) run(child int) {
	s.child = child
	s.closeFiles()
	if s.outer != nil {
		s.outer.run(child)
	}
	for _, p := range s.pumps {
		p.start()
	}
}

// stopped is told that the worker has stopped, before we stop: what it has written is shown,
// and our terminal is as it was.
func (s *streams) stopped() {
	for _, p := range s.pumps {
		p.pause()
	}
	if s.outer != nil {
		s.outer.leave()
		s.outer.suspended()
	}
}

// continued is told that we go on, and has a worker that is apart go on. Where it is not, the
// parent does so before. It must not do so afterwards: who sees the output may have stopped it again.
func (s *streams) continued() {
	if s.outer != nil {
		s.outer.enter()
	}
	s.resized()
	for _, p := range s.pumps {
		p.start()
	}
	if s.outer != nil {
		s.outer.signal(unix.SIGCONT)
	}
}

// unstoppable: a terminal that stops who writes in the background does not stop the worker, who ignores or blocks
// that (tcsetpgrp(3)), or did when it ended.
func (s *streams) unstoppable(later bool) bool {
	s.look(later)
	return inherits(unix.SIGTTOU) || s.through.Load()
}

// unstick has a worker go on that waits for a child of its own to execute a program (vfork(2)), which the terminal's signal
// has stopped before: so the worker does not stop. It reports whether it did; to stop it is to be tried again.
func (s *streams) unstick() bool {
	if disposition == nil {
		return false
	}
	what, _ := disposition(s.child, unix.SIGTTOU)
	switch {
	case what.waits && s.outer != nil:
		s.outer.signal(unix.SIGCONT)
	case what.waits:
		_ = unix.Kill(0, unix.SIGCONT)
	}
	return what.waits
}

// look is to be called while the worker can still be looked at. Libraries block all signals for a moment, as for
// posix_spawn(3): what is blocked counts later, or where the worker has ended.
func (s *streams) look(later bool) {
	if disposition == nil || !slices.ContainsFunc(s.pumps, func(p *pump) bool { return p.to.background() }) {
		return
	}
	if what, known := disposition(s.child, unix.SIGTTOU); known {
		s.through.Store(what.ignores || what.blocks && (later || what.ended))
	}
}

// resized is told that our terminal has another size. The kernel tells a worker that is in
// our session at the same time, maybe too early.
func (s *streams) resized() {
	changed := false
	for _, p := range s.pumps {
		changed = p.resize() || changed
	}
	if changed && s.outer == nil {
		_ = unix.Kill(s.child, unix.SIGWINCH)
	}
}

// ended brings out what the worker has left, and does not wait for those that it has left
// behind; only for who reads our output. Our terminal is as it was then.
func (s *streams) ended() {
	for _, p := range s.pumps {
		p.end()
	}
	s.close()
}

// close gives back all, also when nothing was started. It may be called again.
func (s *streams) close() {
	s.closeFiles()
	for _, p := range s.pumps {
		if p.finish(); s.lost == nil {
			s.lost = p.lost
		}
	}
	if s.outer != nil {
		s.outer.close()
	}
	s.pumps, s.outer = nil, nil
	if s.set != nil {
		s.set.Wipe()
		s.set = nil
	}
}

func (s *streams) closeFiles() {
	for fd, f := range s.files {
		if f != nil {
			_ = f.Close() // again where two are the same
			s.files[fd] = nil
		}
	}
}
