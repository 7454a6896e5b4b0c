//go:build unix

package broker

import (
	"encoding/json"
	"strconv"
	"time"
)

// control connects to a broker to tell it something, which it answers within that time.
func (a Address) control(m *message, within time.Duration) (done string, others bool, err error) {
	l, err := dial(a, m.end(), nil)
	if err != nil {
		return "", false, err
	}
	defer l.close()
	return l.done(within)
}

// maxControl bounds the answer to who is no run, in bytes: the names of 10,000 profiles fit.
const maxControl = 2 << 20

// done reads one answer, within that time, and returns the text of what is done.
func (l *line) done(within time.Duration) (done string, others bool, err error) {
	l.limit, l.until = maxControl, time.Now().Add(within)
	var v Value
	err = l.answer(func(tag byte, text string) error {
		switch {
		case tag == frameDone || tag == frameStatus:
			done = text
		case tag == frameOthers:
			others = true
		case !v.take(tag, text):
			return errWire
		}
		return nil
	}, nil)
	if v.Err != nil {
		err = v.Err.Err()
	}
	return done, others, err
}

// Status asks the broker about itself.
func (a Address) Status() (s Status, err error) {
	text, _, err := a.control(newMessage().add(frameVerb, verbStatus), patience)
	if err == nil {
		err = json.Unmarshal([]byte(text), &s)
	}
	return s, a.explained("asking", err)
}

// Forget has the broker forget what those keys name (Key), all without one, and returns
// how many answers that were.
func (a Address) Forget(keys ...string) (int, error) {
	m := newMessage().add(frameVerb, verbForget)
	for _, k := range keys {
		m.add(frameRef, k)
	}
	text, _, err := a.control(m, patience)
	n := 0
	if err == nil {
		n, err = strconv.Atoi(text)
	}
	return n, a.explained("telling", err)
}

// Reload has the broker read its policy anew, and look up what that takes, within that time;
// others where its home is another one.
func (a Address) Reload(home string, within time.Duration) (others bool, err error) {
	_, others, err = a.control(newMessage().add(frameVerb, verbReload).add(frameHome, home), within+patience)
	return others, a.explained("reloading", err)
}

// Switch is a change of the active profile that a broker has prepared.
type Switch struct {
	a Address
	l *line
}

// Prepare has the broker read its policy anew, with that profile as the active one, and
// look up its secrets, within that time. nil where its home is another one.
func (a Address) Prepare(home, profile string, within time.Duration) (*Switch, error) {
	l, err := dial(a, newMessage().add(frameVerb, verbUse).add(frameHome, home).add(frameProfile, profile).end(), nil)
	if err == nil {
		var others bool
		_, others, err = l.done(within + patience)
		if err == nil && !others {
			return &Switch{a, l}, nil
		}
		l.close()
	}
	return nil, a.explained("switching", err)
}

// Of is the broker that has prepared it.
func (s *Switch) Of() Address { return s.a }

// Commit puts it in place, until Close: Keep says that it stays.
func (s *Switch) Commit() error { return s.say(verbCommit) }

// Undo takes back what Commit did.
func (s *Switch) Undo() error { return s.say(verbUndo) }

// Keep has it stay, now that the name is switched.
func (s *Switch) Keep() error { return s.say(verbKeep) }

// Close ends the change. The broker takes back what was not kept, unless the name of the
// active profile says that it is to stay.
func (s *Switch) Close() { s.l.close() }

func (s *Switch) say(verb string) error {
	_, err := s.l.Write(newMessage().add(frameVerb, verb).end())
	if err == nil {
		_, _, err = s.l.done(patience)
	}
	return s.a.explained("switching", err)
}
