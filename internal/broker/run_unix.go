//go:build unix

package broker

import (
	"net"
	"time"
)

// The verbs of a request.
const (
	verbRun    = "run"
	verbStatus = "status"
	verbForget = "forget"
	verbReload = "reload"
	verbUse    = "use"
	verbCommit = "commit"
	verbUndo   = "undo"
)

// speaker writes an answer, and says from time to time that it is still to come.
type speaker struct {
	c *net.UnixConn
	m *message
}

func newSpeaker(c *net.UnixConn) *speaker { return &speaker{c, newMessage()} }

// wait returns when done is closed; an error if nobody listens any more.
func (sp *speaker) wait(done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-tick.C:
			sp.m.add(frameWait, "")
			if err := sp.write(net.Buffers{sp.m.b}); err != nil {
				return err
			}
			sp.m.b = nil
		}
	}
}

func (sp *speaker) write(b net.Buffers) error {
	_ = sp.c.SetWriteDeadline(time.Now().Add(patience))
	_, err := b.WriteTo(sp.c)
	return err
}

// run makes the peer a worker and answers it, in this order.
func (s *server) run(c *net.UnixConn, p *peer, q *request) {
	sp := newSpeaker(c)
	if !s.mark(p) {
		s.count(&s.refused)
		_ = sp.write(net.Buffers{sp.m.add(frameRefused, "this process is a worker").end()})
		return
	}
	policy, _, _, _ := s.cache.state()
	name, mine := q.of(policy)
	if !mine {
		_ = sp.write(net.Buffers{sp.m.add(frameOthers, "").end()})
		return
	}
	for file, content := range policy.Packed[name] {
		sp.m.add(frameFile, file).add(frameContent, string(content))
	}
	wants := policy.Profiles[name]
	entries := make([]*entry, 0, len(wants))
	defer func() {
		for _, e := range entries {
			s.cache.release(e)
		}
	}()
	var asked []string
	for _, w := range wants {
		if !q.skip[w.Name] {
			entries, asked = append(entries, s.cache.get(policy, name, w)), append(asked, w.Name)
		}
	}
	for _, e := range entries {
		if sp.wait(e.done) != nil {
			return
		}
	}
	_ = sp.write(sp.m.values(asked, entries))
}

// of is the profile that is asked for, and whether it is the policy's business.
func (q *request) of(p *Policy) (name string, mine bool) {
	if q.profile == nil || q.home != p.Home {
		return "", false
	}
	if *q.profile == "" {
		return p.Active, true
	}
	_, mine = p.Profiles[*q.profile]
	return *q.profile, mine
}

// values is the rest of a message with the answers, whose values are not copied.
func (m *message) values(names []string, entries []*entry) net.Buffers {
	var list net.Buffers
	for i, e := range entries {
		m.add(frameName, names[i]).add(frameSource, e.source)
		for _, line := range e.says {
			m.add(frameSay, line)
		}
		if e.failed != nil {
			m.failure(e.failed)
			continue
		}
		list = append(list, append(m.b, header(frameValue, len(e.secret))...), e.secret)
		m.b = nil
	}
	return append(list, m.end())
}
