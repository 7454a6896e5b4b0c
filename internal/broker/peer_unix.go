//go:build unix

package broker

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// peer is the process at the other end.
type peer struct {
	identity
	uid uint32
	// handle is a descriptor of the process itself, -1 where the platform has none.
	handle int
}

func (p *peer) close() {
	if p.handle >= 0 {
		_ = unix.Close(p.handle)
	}
}

// peerOf asks the socket which process connected it, or listens on it.
var peerOf func(fd int) (*peer, error)

// ended reports, where it can be known, that the process has ended; another one may have
// its number.
func (p *peer) ended() bool {
	if p.handle < 0 {
		return !p.lives()
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.handle), Events: unix.POLLIN}}, 0)
	return err == nil && n > 0
}

// Why a request is refused, with what to do.
var (
	errMarked = hint.Add(errors.New("this process has the mark of a worker (no_new_privs, or a seccomp filter), which the dispatcher has not"),
		forWorkers+"; a sandbox of the dispatcher's goes behind wg-run, as in: wg-run … -- bwrap … WORKER")
	errWorker   = hint.Add(errors.New("this process is a worker, or was started by one"), forWorkers)
	errForeign  = hint.Add(errors.New("this process has no_new_privs, and does not descend from the dispatcher: it may be another dispatcher's worker"), forWorkers+"; ask from a shell without it, or from the dispatcher")
	errStranger = hint.Add(errors.New("this process does not descend from the dispatcher"),
		"the dispatcher starts its runs itself; what is to be detached goes behind wg-run, as in: wg-run … -- setsid --fork WORKER")
)

const forWorkers = "a worker gets what its own run delivered, and changes nothing for others"

// judge says how a peer stands to the dispatcher. An error refuses it altogether: it is
// a worker, or of a worker's making.
func (s *server) judge(fd int) (*peer, kinship, error) {
	p, err := peerOf(fd)
	if err != nil {
		return nil, stranger, err
	}
	if p.uid != uint32(os.Geteuid()) {
		return p, stranger, errors.New("this process is another user's")
	}
	m, err := marksOf(p.pid)
	if err == nil && m.unlike(s.marks) {
		return p, stranger, errMarked
	}
	var k kinship
	if err == nil {
		k, p.started, err = s.kin(p.pid)
	}
	switch {
	case isShort(err):
		return p, stranger, err
	case err != nil || p.ended():
		return p, stranger, errors.New("this process has ended, or cannot be looked at")
	case k == ofWorker:
		return p, k, errWorker
	case k == stranger && m.noNewPrivs: // it may be another dispatcher's worker, with as many filters as it likes
		return p, k, errForeign
	}
	return p, k, nil
}

// isShort reports that we are short of something, for which nobody is to be refused.
func isShort(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

func (s *server) kin(pid int) (kinship, uint64, error) {
	return kin(pid, s.dispatcher, s.lives, func(pid int, started uint64) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		was, ok := s.workers[pid]
		return ok && was == started
	})
}

// mark notes that the peer becomes a worker; false if it is one already.
func (s *server) mark(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if started, ok := s.workers[p.pid]; ok && started == p.started {
		return false
	}
	if len(s.workers) >= s.prune {
		s.bury()
	}
	s.workers[p.pid] = p.started
	return true
}

// bury takes out the workers that have ended. The caller has locked mu.
func (s *server) bury() {
	for pid, started := range s.workers {
		if !(identity{pid, started}).lives() {
			delete(s.workers, pid)
		}
	}
	s.prune = max(64, 2*len(s.workers))
}
