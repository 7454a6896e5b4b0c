package inject

import (
	"errors"
	"fmt"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

// Stay says why wg-run stays as the worker's parent. With the zero value it is a faithful
// parent and no more.
type Stay struct {
	// Timeout ends the worker by SIGTERM, and ten seconds later by SIGKILL; 0 for never.
	Timeout time.Duration
	// Mask keeps the secrets out of what the worker prints.
	Mask bool
	// Once wipes a memory file that has been read.
	Once bool
	// RequireRead makes a worker fail that left a secret unread.
	RequireRead bool
	// Tell, unless it is nil, is told what went wrong with the reading of a secret, or with the
	// output, and that the time was up; raw where the terminal does not begin a new line at a newline.
	Tell func(err error, raw bool)
}

// timeUp is told of a worker that was ended.
func timeUp(d time.Duration) error {
	return fmt.Errorf("the worker was ended: the time of --timeout (%v) is up", d)
}

// Asked reports whether there is something to stay for.
func (o Stay) Asked() bool { return o.Timeout > 0 || o.Mask || o.Once || o.RequireRead }

// MustStay reports whether somebody has to stay in any case: the plan holds a value that
// must be fed, or no process can be replaced on this platform.
func (p *Plan) MustStay() bool {
	if staysAlways {
		return true
	}
	for i := range p.Deliveries {
		if p.Deliveries[i].Fed {
			return true
		}
	}
	return false
}

// Suits refuses to stay for what the plan's channels do not have.
func (p *Plan) Suits(o Stay) error {
	once, known := false, false
	for i := range p.Deliveries {
		c := p.Deliveries[i].Channel
		once = once || c.Once()
		known = known || c.Hold != nil
	}
	switch {
	case o.Once && !once:
		return hint.Add(errors.New("reading --once: no secret goes through a memory file, which is what it wipes"), "--via memfd --once, or without: a pipe is read once anyway")
	case o.RequireRead && !known:
		return hint.Add(errors.New("reading --require-read: nobody can know who reads a variable"), "--via pipe")
	}
	return nil
}

// The exit codes that a parent has of its own.
const (
	CodeTimedOut = 124 // Stay.Timeout ended the worker
	codeFailed   = 125
	CodeSignal   = 128 // and the number of the signal that ended the worker
)
