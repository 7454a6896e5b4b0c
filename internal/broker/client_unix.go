//go:build unix

package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/resolve"
)

// Ask asks the broker for the secrets of a profile. From then on this process counts as a
// worker. onWait is called once where the answer takes its time. The error wraps
// ErrRefused where the broker answers nothing to this process.
func Ask(a Address, q Request, onWait func()) (*Answer, error) {
	m := newMessage().add(frameVerb, verbRun).add(frameHome, q.Home)
	if q.Profile != nil {
		m.add(frameProfile, *q.Profile)
	}
	for _, name := range q.Skip {
		m.add(frameSkip, name)
	}
	l, err := dial(a, m.end(), onWait)
	if err != nil {
		return nil, err
	}
	defer l.close()
	answer := &Answer{Files: map[string][]byte{}, Values: map[string]Value{}}
	var v Value
	file := ""
	err = l.answer(func(tag byte, text string) error {
		switch tag {
		case frameOthers:
			answer.Others = true
		case frameFile:
			file = text
		case frameContent:
			answer.Files[file] = []byte(text)
		case frameName:
			v = Value{Name: text}
		default:
			if !v.take(tag, text) {
				return errWire
			}
			if v.Err != nil {
				answer.Values[v.Name] = v
			}
		}
		return nil
	}, func(_ byte, length int) ([]byte, error) {
		v.Secret = make([]byte, length)
		answer.Values[v.Name] = v
		return v.Secret, nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
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

// control connects to a broker to tell it something, which it answers within that time.
func (a Address) control(m *message, within time.Duration) (done string, others bool, err error) {
	l, err := dial(a, m.end(), nil)
	if err != nil {
		return "", false, err
	}
	defer l.close()
	return l.done(within)
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

// explained says which broker failed, and what to do with one that hangs.
func (a Address) explained(doing string, err error) error {
	if err == nil {
		return nil
	}
	if a.gone(err) {
		err = ErrGone
	}
	h := hint.Of(err)
	if a.Doubtful { // its words may be a worker's
		h = ""
		if !errors.Is(err, ErrSilent) && !errors.Is(err, ErrGone) {
			err = fmt.Errorf("it bears the mark of a worker, and says: %v", err) // its hint is left out, too
		}
	}
	if errors.Is(err, ErrSilent) {
		h = "see what it does, or end it (runs then resolve by themselves): " + hint.Command("kill", strconv.Itoa(a.pid))
	}
	if errors.Is(err, resolve.ErrLocked) {
		h = "a broker asks nobody for a passphrase: start the dispatcher anew, with this profile in its --profile"
	}
	return hint.Add(fmt.Errorf("%s the broker %d: %w", doing, a.pid, err), h)
}

// gone reports whether err is due to the broker's end. It closes its socket some
// milliseconds before.
func (a Address) gone(err error) bool {
	if !errors.Is(err, ErrGone) && !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.ENOENT) && !errors.Is(err, errHungUp) {
		return false
	}
	for until := time.Now().Add(heartbeat); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if !a.lives() {
			return true
		}
	}
	return false
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
