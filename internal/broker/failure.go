package broker

import (
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/resolve"
)

// FailureOf is err as it goes over a socket; nil for nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	return &Failure{err.Error(), hint.Of(err), resolve.OutcomeOf(err), errors.Is(err, resolve.ErrLocked)}
}

// failed is a Failure as an error again.
type failed struct{ *Failure }

func (f failed) Error() string { return f.Text }

// Unwrap keeps what the error was.
func (f failed) Unwrap() error {
	switch {
	case f.Locked:
		return resolve.ErrLocked
	case f.Outcome == resolve.NotFound:
		return resolve.ErrNotFound
	case f.Outcome == resolve.Unavailable:
		return resolve.ErrUnavailable
	}
	return nil
}

// Err is the error that the failure was; nil for nil.
func (f *Failure) Err() error {
	if f == nil {
		return nil
	}
	return hint.Add(failed{f}, f.Hint)
}

// The outcomes on the wire.
var outcomes = map[string]resolve.Outcome{"not found": resolve.NotFound, "unavailable": resolve.Unavailable, "failed": resolve.Failed, "locked": resolve.Failed}

func (f *Failure) outcome() string {
	switch {
	case f.Locked:
		return "locked"
	case f.Outcome == resolve.NotFound:
		return "not found"
	case f.Outcome == resolve.Unavailable:
		return "unavailable"
	}
	return "failed"
}

func (m *message) failure(f *Failure) *message {
	return m.add(frameError, f.Text).add(frameHint, f.Hint).add(frameOutcome, f.outcome())
}

// refusal says that a request is refused, why, and what to do.
func (m *message) refusal(err error) *message {
	return m.add(frameRefused, err.Error()+"\x00"+hint.Of(err))
}

// refused is a refusal as an error again.
func refused(text string) error {
	text, help, _ := strings.Cut(text, "\x00")
	return hint.Add(fmt.Errorf("%w: %s", ErrRefused, text), help)
}

// take reads a frame of a value's; false if it is none.
func (v *Value) take(tag byte, text string) bool {
	switch tag {
	case frameSource:
		v.Source = text
	case frameSay:
		v.Says = append(v.Says, text)
	case frameError:
		v.Err = &Failure{Text: text, Outcome: resolve.Failed}
	case frameHint, frameOutcome:
		if v.Err == nil {
			return false
		}
		if tag == frameHint {
			v.Err.Hint = text
		} else {
			v.Err.Locked = text == "locked"
			if outcome, ok := outcomes[text]; ok {
				v.Err.Outcome = outcome
			}
		}
	default:
		return false
	}
	return true
}
