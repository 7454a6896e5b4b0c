//go:build unix

package broker

import (
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
