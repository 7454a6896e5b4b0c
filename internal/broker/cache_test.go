//go:build unix

package broker

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// call is a question to the backend of a test, which answers when it likes.
type call struct {
	asked
	answer chan func(asked) Value
}

// rig is a cache whose backend is the test. It is used in a bubble (synctest): there no
// time passes but what the test sleeps, and settled is when nothing moves any more.
type rig struct {
	*cache
	t     *testing.T
	calls chan call
}

func newRig(t *testing.T, p *Policy, ttl time.Duration) *rig {
	r := &rig{t: t, calls: make(chan call, 100)}
	r.cache = newCache(p, ttl, false, &pages{}, func(ctx context.Context, q asked) Value {
		c := call{q, make(chan func(asked) Value, 1)}
		r.calls <- c
		select {
		case answer := <-c.answer:
			return answer(q)
		case <-ctx.Done():
			return Value{Err: FailureOf(errTime)}
		}
	})
	return r
}

// next is the lookup that is under way.
func (r *rig) next() call {
	r.t.Helper()
	synctest.Wait()
	select {
	case c := <-r.calls:
		return c
	default:
		r.t.Fatal("nothing is looked up, want a lookup")
		return call{}
	}
}

// quiet wants nothing to be looked up.
func (r *rig) quiet(doing string) {
	r.t.Helper()
	synctest.Wait()
	if n := len(r.calls); n > 0 {
		r.t.Errorf("%s: %d lookups are under way, want none", doing, n)
	}
}

// empty forgets all, and wants every slot back and none with a value in it.
func (r *rig) empty() {
	r.t.Helper()
	synctest.Wait()
	r.wipe()
	slots := 0
	for _, slot := range r.mem.free {
		slots += cap(slot)
		for i, b := range slot[:cap(slot)] {
			if b != 0 {
				r.t.Errorf("a slot that was given back has %q at %d, want zeros", b, i)
				break
			}
		}
	}
	if slots != r.mem.total {
		r.t.Errorf("%d bytes of %d came back, want all", slots, r.mem.total)
	}
}

// as answers with that value.
func as(value string) func(asked) Value {
	return func(q asked) Value {
		b, err := q.into(len(value))
		copy(b, value)
		return Value{Source: "fake", Err: FailureOf(err)}
	}
}

// not answers with an error.
func not(err error) func(asked) Value { return func(asked) Value { return Value{Err: FailureOf(err)} } }

// policyWith has one profile, p, that names these secrets and is active.
func policyWith(names ...string) *Policy {
	p := &Policy{Active: "p", Profiles: map[string][]Want{"p": nil}, Timeout: 10 * time.Second}
	for _, name := range names {
		p.Profiles["p"] = append(p.Profiles["p"], want(name))
	}
	return p
}

func want(name string) Want { return Want{name, resolve.Ref{Scheme: "fake", Path: name}} }

// ask gets a secret, and returns what came of it once it is there.
func (r *rig) ask(p *Policy, name string) string {
	e := r.get(p, "p", want(name))
	defer r.release(e)
	<-e.done
	if e.failed != nil {
		return "failed: " + e.failed.Text
	}
	return string(e.secret)
}

// gets wants that answer, without a lookup.
func (r *rig) gets(p *Policy, name, value string) {
	r.t.Helper()
	e := r.get(p, "p", want(name))
	defer r.release(e)
	r.quiet("get of what is kept")
	select {
	case <-e.done:
		if got := string(e.secret); got != value {
			r.t.Errorf("get(%s) = %q, %v; want %q", name, got, e.failed, value)
		}
	default:
		r.t.Fatalf("get(%s) waits, want %q", name, value)
	}
}

// asking gets a secret for n callers at once.
func (r *rig) asking(p *Policy, name string, n int) (answers func() []string) {
	list := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { list[i] = r.ask(p, name) })
	}
	return func() []string { all.Wait(); return list }
}

func (r *rig) all(doing string, got []string, want string) {
	r.t.Helper()
	for i, text := range got {
		if text != want {
			r.t.Errorf("%s: the answer %d is %q, want %q", doing, i, text, want)
		}
	}
}

func (r *rig) counts(entries, lookups, hits int) {
	r.t.Helper()
	_, e, l, h := r.state()
	if got, want := fmt.Sprint(e, l, h), fmt.Sprint(entries, lookups, hits); got != want {
		r.t.Errorf("state() = %s entries, lookups and hits; want %s", got, want)
	}
}
