//go:build unix

package broker

import (
	"errors"
	"io"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"time"
)

// switchTime is how long a switch that was prepared waits for its word.
const switchTime = 5 * time.Minute

// reload reads the policy anew and puts it in place once the secrets of its active
// profile are there. With verbUse that profile is the request's, and it waits for the
// word to put it in place, and for the word to keep it, until which it can be undone: so
// several brokers switch, or none.
func (s *server) reload(c *net.UnixConn, in io.Reader, q *request) {
	sp := newSpeaker(c)
	present := s.cache.present()
	if q.home != present.Home {
		_ = sp.write(net.Buffers{sp.m.add(frameOthers, "").end()})
		return
	}
	select { // one that is done ends a moment after who asked for it
	case s.switching <- struct{}{}:
		defer func() { <-s.switching }()
	case <-time.After(patience / 2):
		_ = sp.write(net.Buffers{sp.m.add(frameBusy, "").end()})
		return
	}
	st, failed, err := s.stage(sp, q)
	if err != nil || failed != nil {
		if failed != nil {
			_ = sp.write(net.Buffers{sp.m.failure(failed).end()})
		}
		return
	}
	if q.verb == verbReload {
		s.cache.unstage(s.cache.commit(st))
		debug.FreeOSMemory()
		_ = sp.write(net.Buffers{sp.m.add(frameDone, "").end()})
		return
	}
	_ = sp.write(net.Buffers{sp.m.add(frameDone, "").end()})
	if next(c, in) != verbCommit {
		s.cache.unstage(st)
		return
	}
	old := s.cache.commit(st)
	_ = sp.write(net.Buffers{newMessage().add(frameDone, "").end()})
	word := next(c, in)
	if word == verbUndo || word != verbKeep && !s.active(st.policy) {
		old = s.cache.commit(old)
	}
	_ = sp.write(net.Buffers{newMessage().add(frameDone, "").end()})
	s.cache.unstage(old)
	debug.FreeOSMemory()
}

// lost says which profiles were there and cannot be read any more. Nobody is to lose them
// without a word.
func lost(old, next *Policy) error {
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(next.Problems)) {
		if _, was := old.Profiles[name]; was {
			failed = append(failed, next.Problems[name])
		}
	}
	return errors.Join(failed...)
}

// active reports whether the files name the policy's profile as the active one: who was to
// switch that, and ended without a word, may have done so.
func (s *server) active(p *Policy) bool {
	now, err := s.hooks.Read(p.Home, "")
	return err == nil && now.Active == p.Active
}

// next is the verb of the next request on a connection, "" at its end.
func next(c *net.UnixConn, in io.Reader) string {
	_ = c.SetReadDeadline(time.Now().Add(switchTime))
	q, err := readRequest(in)
	if err != nil {
		return ""
	}
	return q.verb
}

// stage prepares the switch; err if nobody waits for it any more.
func (s *server) stage(sp *speaker, q *request) (st *staged, failed *Failure, err error) {
	active := ""
	if q.profile != nil {
		active = *q.profile
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		policy, perr := s.hooks.Read(q.home, active)
		if perr == nil {
			perr = lost(s.cache.present(), policy)
		}
		if perr != nil {
			failed = FailureOf(perr)
			return
		}
		st, failed = s.cache.stage(policy)
	}()
	if err = sp.wait(done); err != nil {
		<-done
		if st != nil {
			s.cache.unstage(st)
		}
	}
	return st, failed, err
}
