//go:build unix

package broker

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// entry is one lookup and what came of it.
type entry struct {
	done chan struct{} // closed when what follows is known
	// secret lies in the cache's pages; nil where failed is not.
	secret []byte
	source string
	says   []string
	failed *Failure
	until  time.Time // the zero time for as long as the dispatcher lives

	users int // the map, the lookup, and who waits or reads; guarded by cache.mu
}

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

// cache holds the answers of lookups. Everybody who asks for a reference while it is
// looked up waits for that one lookup.
type cache struct {
	ttl    time.Duration
	person bool // somebody is there to answer a window
	ask    lookup
	mem    *pages
	slot   chan struct{} // one for each helper that may run

	mu      sync.Mutex
	policy  *Policy
	entries map[resolve.Ref]*entry
	gates   map[string]*unlocking
	aside   map[*staged]bool // what may be put in place
	lookups int
	hits    int
}

func newCache(p *Policy, ttl time.Duration, person bool, mem *pages, ask lookup) *cache {
	return &cache{policy: p, ttl: ttl, person: person, mem: mem, ask: ask, slot: make(chan struct{}, maxLookups), entries: map[resolve.Ref]*entry{}, gates: map[string]*unlocking{}, aside: map[*staged]bool{}}
}

// get returns the entry of a reference, which may still be looked up, and calls for
// release.
func (c *cache) get(p *Policy, profile string, w Want) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[w.Ref]; e != nil && p == c.policy {
		if !e.expired() {
			c.hits++
			e.users++
			return e
		}
		c.forget(w.Ref)
	}
	e := c.begin(p, profile, w)
	if p == c.policy { // else it was replaced meanwhile, and its answer is for who asked
		c.entries[w.Ref] = e
		e.users++
	}
	return e
}

// begin starts a lookup, for one user.
func (c *cache) begin(p *Policy, profile string, w Want) *entry {
	e := &entry{done: make(chan struct{}), users: 2}
	c.lookups++
	go c.look(p, profile, w, e)
	return e
}

// known reports whether the lookup is over.
func (e *entry) known() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

func (e *entry) expired() bool { return e.known() && !e.until.IsZero() && time.Now().After(e.until) }

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

// age has an entry forgotten after its time.
func (c *cache) age(ref resolve.Ref, e *entry) {
	if c.ttl > 0 {
		e.until = time.Now().Add(c.ttl)
		time.AfterFunc(c.ttl, func() { c.drop(ref, e) })
	}
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
	q.quiet = time.Now().Before(gate.until)
	v = c.limited(ctx, q)
	if v.Err != nil && v.Err.Outcome == resolve.Failed && !q.quiet {
		gate.until = time.Now().Add(CoolDown)
	}
	return v
}

// unlocking is whose turn it is to have somebody asked, for one scheme.
type unlocking struct {
	turn  chan struct{}
	until time.Time // nobody is asked before; guarded by turn
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

// good reports whether it holds a value.
func (e *entry) good() bool { return e.known() && e.failed == nil }

// drop forgets an entry if it is still that one.
func (c *cache) drop(ref resolve.Ref, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[ref] == e {
		c.forget(ref)
	}
}

// forget takes an entry out. Who waits for it gets it still, and nobody after that.
func (c *cache) forget(ref resolve.Ref) {
	if e := c.entries[ref]; e != nil {
		delete(c.entries, ref)
		c.less(e)
	}
}

func (c *cache) release(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.less(e)
}

// less counts a user of an entry less, and wipes it after the last.
func (c *cache) less(e *entry) {
	if e.users--; e.users == 0 {
		c.mem.give(e.secret)
		e.secret = nil
	}
}

// put keeps a value that was looked up before the dispatcher started.
func (c *cache) put(ref resolve.Ref, e *entry) {
	e.users = 1
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookups++
	c.age(ref, e)
	c.forget(ref)
	c.entries[ref] = e
}

// forgetAll takes out every entry for which is holds, and returns their number.
func (c *cache) forgetAll(is func(resolve.Ref) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ref := range c.entries {
		if is(ref) {
			c.forget(ref)
			n++
		}
	}
	for st := range c.aside { // what changed is not to come back by a switch
		for ref, e := range st.fresh {
			if is(ref) {
				delete(st.fresh, ref)
				c.less(e)
			}
		}
	}
	c.gates = map[string]*unlocking{}
	return n
}

// staged is a policy that may take the place of the present one, with the answers for
// its active profile.
type staged struct {
	policy *Policy
	fresh  map[resolve.Ref]*entry
}

// stage looks everything up that the active profile of p names, and fails where one does.
func (c *cache) stage(p *Policy) (*staged, *Failure) {
	st := &staged{policy: p, fresh: map[resolve.Ref]*entry{}}
	var begun []*entry
	c.mu.Lock()
	c.aside[st] = true
	for _, w := range p.Profiles[p.Active] {
		if st.fresh[w.Ref] == nil {
			st.fresh[w.Ref] = c.begin(p, p.Active, w)
			begun = append(begun, st.fresh[w.Ref])
		}
	}
	c.mu.Unlock()
	for _, e := range begun {
		<-e.done // bounded by the lookup's deadline
		if e.failed != nil {
			c.unstage(st)
			return nil, e.failed
		}
	}
	return st, nil
}

// unstage gives up what stage, or commit, returned.
func (c *cache) unstage(st *staged) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range st.fresh {
		c.less(e)
	}
	st.fresh = nil
	delete(c.aside, st)
}

// commit puts the staged policy in place and returns what it replaced: to undo it,
// commit that; else unstage it. Answers of the old settings are not kept where those
// have changed.
func (c *cache) commit(st *staged) (old *staged) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old = &staged{c.policy, c.entries}
	c.entries = map[resolve.Ref]*entry{}
	for ref, e := range st.fresh {
		c.entries[ref] = e
		e.users++
	}
	if same(old.policy, st.policy) {
		for ref, e := range old.fresh {
			if c.entries[ref] == nil && e.good() && names(st.policy, ref) {
				c.entries[ref] = e
				e.users++
			}
		}
	}
	c.policy, c.gates = st.policy, map[string]*unlocking{}
	for _, e := range st.fresh {
		c.less(e)
	}
	st.fresh = nil
	delete(c.aside, st)
	c.aside[old] = true
	return old
}

// same reports whether two policies resolve a reference in the same way.
func same(a, b *Policy) bool {
	if !bytes.Equal(a.Files["config.toml"], b.Files["config.toml"]) || len(a.Programs) != len(b.Programs) {
		return false
	}
	for name, print := range a.Programs {
		if b.Programs[name] != print {
			return false
		}
	}
	return true
}

func names(p *Policy, ref resolve.Ref) bool {
	for _, wants := range p.Profiles {
		for _, w := range wants {
			if w.Ref == ref {
				return true
			}
		}
	}
	return false
}

// wipe forgets everything.
func (c *cache) wipe() { c.forgetAll(func(resolve.Ref) bool { return true }) }

// present is the policy that counts.
func (c *cache) present() *Policy {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.policy
}

// state is what there is to tell of a cache.
func (c *cache) state() (p *Policy, entries, lookups, hits int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.policy, len(c.entries), c.lookups, c.hits
}
