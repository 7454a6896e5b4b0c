//go:build unix

package broker

import (
	"fmt"
	"net"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

// Here says whether this platform has a broker.
const Here = true

// The verbs of a request.
const (
	verbRun    = "run"
	verbStatus = "status"
	verbForget = "forget"
	verbReload = "reload"
	verbUse    = "use"
	verbCommit = "commit"
	verbUndo   = "undo"
	verbKeep   = "keep"
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

// due is the answer to a run, whose secrets may still be looked up.
type due struct {
	s     *server
	m     *message
	parts []part
}

// part is one secret of an answer.
type part struct {
	Want
	*entry
	before bool // it was known when it was asked for
}

// run makes the peer a worker and says what it gets, in this order.
func (s *server) run(p *peer, q *request) *due {
	d := &due{s: s, m: newMessage()}
	if !s.mark(p) {
		s.count(&s.refused)
		d.m.refusal(errWorker)
		return d
	}
	policy := s.cache.present()
	name, mine := q.of(policy)
	if !mine {
		d.m.add(frameOthers, "")
		return d
	}
	for file, content := range policy.Packed[name] {
		d.m.add(frameFile, file).add(frameContent, string(content))
	}
	for _, w := range policy.Profiles[name] {
		if !q.skip[w.Name] {
			e := s.cache.get(policy, name, w)
			d.parts = append(d.parts, part{w, e, e.known()})
		}
	}
	return d
}

// ready reports whether all that is to be looked up is.
func (d *due) ready() bool {
	for _, e := range d.parts {
		if !e.known() {
			return false
		}
	}
	return true
}

// size is how long the values are, in bytes, and what else there is.
func (d *due) size() int {
	n := len(d.m.b)
	for _, e := range d.parts {
		n += len(e.secret) + 256
		for _, line := range e.says {
			n += len(line)
		}
	}
	return n
}

// release lets go of the values.
func (d *due) release() {
	for _, e := range d.parts {
		d.s.cache.release(e.entry)
	}
	d.parts = nil
}

// wait sends what is due when it is there.
func (d *due) wait(c *net.UnixConn) {
	sp := &speaker{c, d.m}
	for _, e := range d.parts {
		if sp.wait(e.done) != nil {
			return
		}
	}
	_ = sp.write(d.buffers())
}

// again says of a failure that it is an earlier one's.
func (e *part) again() string {
	return fmt.Sprintf("what follows is the broker's answer of %v ago; to have it asked again: %s",
		time.Until(e.until.Add(-CoolDown)).Abs().Round(time.Second), hint.Command("wg-run", "broker", "forget", e.Ref.String()))
}

// of is the profile that is asked for, and whether it is the policy's business.
func (q *request) of(p *Policy) (name string, mine bool) {
	if q.profile == nil || q.home != p.Home {
		return "", false
	}
	if name = *q.profile; name == "" {
		name = p.Active
	}
	_, mine = p.Profiles[name]
	return name, mine || name == "" // that none is active is the policy's, too
}

// buffers is the whole message; the values in it are not copied.
func (d *due) buffers() net.Buffers {
	var list net.Buffers
	m := d.m
	for _, e := range d.parts {
		m.add(frameName, e.Name).add(frameSource, e.source)
		for _, line := range e.says {
			m.add(frameSay, line)
		}
		if e.failed != nil {
			if e.before && !e.until.IsZero() {
				m.add(frameSay, e.again())
			}
			m.failure(e.failed)
			continue
		}
		list = append(list, append(m.b, header(frameValue, len(e.secret))...), e.secret)
		m.b = nil
	}
	return append(list, m.end())
}
