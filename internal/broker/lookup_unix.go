//go:build unix

package broker

import (
	"context"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// asked is a question to a backend.
type asked struct {
	policy        *Policy
	profile, name string
	// quiet has nobody asked to unlock anything.
	quiet bool
	// into returns the memory for a value of that length.
	into func(length int) ([]byte, error)
}

// lookup asks a backend. Source and says are set in what it returns, and the value is
// where into said.
type lookup func(ctx context.Context, q asked) Value

func (c *cache) look(p *Policy, profile string, w Want, e *entry) {
	ctx, cancel := context.WithTimeout(context.Background(), c.deadline(p))
	defer cancel()
	defer c.release(e)
	var secret []byte
	v := c.patiently(ctx, w.Ref.Scheme, asked{policy: p, profile: profile, name: w.Name, into: func(length int) (b []byte, err error) {
		c.mem.give(secret)
		secret, err = c.mem.take(length)
		return secret, err
	}})
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(e.done)
	e.source, e.says, e.failed = v.Source, v.Says, v.Err
	switch {
	case v.Err == nil:
		e.secret = secret
		c.age(w.Ref, e)
		return
	case v.Err.Outcome == resolve.Failed:
		e.until = time.Now().Add(CoolDown)
	case c.entries[w.Ref] == e: // what is missing may come at any time, and asking for it asks nobody
		c.forget(w.Ref)
	}
	c.mem.give(secret)
}

// deadline bounds a lookup: the helper's own, and a while for it to say so.
func (c *cache) deadline(p *Policy) time.Duration {
	return (&resolve.Settings{Timeout: p.Timeout, Person: c.person}).Deadline() + patience
}

// patiently asks without a prompt first. If the store is locked one lookup at a time has
// somebody asked, and where that was in vain nobody is asked again for a while.
func (c *cache) patiently(ctx context.Context, scheme string, q asked) Value {
	q.quiet = true
	v := c.limited(ctx, q)
	if v.Err == nil || !v.Err.Locked {
		return v
	}
	c.mu.Lock()
	gate := c.gates[scheme]
	if gate == nil {
		gate = &unlocking{turn: make(chan struct{}, 1)}
		c.gates[scheme] = gate
	}
	c.mu.Unlock()
	select {
	case gate.turn <- struct{}{}:
		defer func() { <-gate.turn }()
	case <-ctx.Done():
		return v
	}
	q.quiet = c.cooling(gate)
	v = c.limited(ctx, q)
	if v.Err != nil && v.Err.Outcome == resolve.Failed && !q.quiet {
		c.mu.Lock()
		defer c.mu.Unlock()
		gate.until = time.Now().Add(CoolDown)
	}
	return v
}

func (c *cache) cooling(gate *unlocking) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(gate.until)
}

// unlocking is whose turn it is to have somebody asked, for one scheme.
type unlocking struct {
	turn  chan struct{}
	until time.Time // nobody is asked before; guarded by cache.mu
}

// limited asks when fewer than maxLookups do.
func (c *cache) limited(ctx context.Context, q asked) Value {
	select {
	case c.slot <- struct{}{}:
		defer func() { <-c.slot }()
		return c.ask(ctx, q)
	case <-ctx.Done():
		return Value{Err: &Failure{Text: "no answer in time: too many lookups wait", Outcome: resolve.Failed}}
	}
}
