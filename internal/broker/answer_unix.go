//go:build unix

package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

func (s *server) answer(c *net.UnixConn, in io.Reader, p *peer, kin kinship, q *request) {
	if q.verb == verbRun {
		var refused error
		if kin != below {
			refused = errStranger
		} else if now, _, err := s.kin(p.pid); err != nil || now != below || p.ended() {
			refused = errors.New("this process has become a worker's, or has ended, since it connected")
		}
		if refused != nil {
			s.count(&s.refused)
			_, _ = c.Write(newMessage().refusal(refused).end())
			return
		}
		d := s.run(p, q)
		d.wait(c)
		d.release()
		return
	}
	var err error
	m := newMessage()
	switch q.verb {
	case verbStatus:
		err = s.status(m)
	case verbForget:
		n := s.cache.forgetAll(func(ref resolve.Ref) bool { return len(q.refs) == 0 || slices.Contains(q.refs, Key(ref)) })
		m.add(frameDone, fmt.Sprint(n))
	case verbReload, verbUse:
		s.reload(c, in, q)
		return
	default:
		return
	}
	if err == nil {
		_, _ = c.Write(m.end())
	}
}

func (s *server) status(m *message) error {
	p, entries, lookups, hits := s.cache.state()
	s.mu.Lock()
	s.bury()
	st := Status{
		PID: os.Getpid(), Dispatcher: s.dispatcher.pid, Home: p.Home, Active: p.Active, Profiles: slices.AppendSeq([]string{}, maps.Keys(p.Profiles)),
		Entries: entries, Lookups: lookups, Hits: hits, Refused: s.refused, Workers: len(s.workers),
		Locked: s.cache.mem.locked(), Since: s.began.UTC().Format(time.RFC3339),
	}
	s.mu.Unlock()
	slices.Sort(st.Profiles)
	if s.ttl > 0 {
		st.TTL = s.ttl.String()
	}
	b, err := json.Marshal(st)
	m.add(frameStatus, string(b))
	return err
}
