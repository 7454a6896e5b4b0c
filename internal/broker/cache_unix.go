//go:build unix

package broker

import (
	"slices"
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
	stale   []func(resolve.Ref) bool
	filling bool // what was looked up before is still to come, but for what is stale
	lookups int
	hits    int
}

func newCache(p *Policy, ttl time.Duration, person bool, mem *pages, ask lookup) *cache {
	return &cache{policy: p, ttl: ttl, person: person, mem: mem, ask: ask, slot: make(chan struct{}, maxLookups), entries: map[resolve.Ref]*entry{}, gates: map[string]*unlocking{}, aside: map[*staged]bool{}, filling: true}
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

// age has an entry forgotten after its time.
func (c *cache) age(ref resolve.Ref, e *entry) {
	if c.ttl > 0 {
		e.until = time.Now().Add(c.ttl)
		time.AfterFunc(c.ttl, func() { c.drop(ref, e) })
	}
}

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

// put keeps a value that was looked up by p before the dispatcher started, if that still
// counts.
func (c *cache) put(p *Policy, ref resolve.Ref, e *entry) {
	e.users = 1
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookups++
	if !same(p, c.policy) || slices.ContainsFunc(c.stale, func(is func(resolve.Ref) bool) bool { return is(ref) }) {
		c.less(e)
		return
	}
	c.age(ref, e)
	c.forget(ref)
	c.entries[ref] = e
}

// filled: nothing is to be put any more.
func (c *cache) filled() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.filling, c.stale = false, nil
}

// forgetAll takes out every entry for which is holds, and returns their number. Whoever
// could be asked to unlock their stores may be asked again.
func (c *cache) forgetAll(is func(resolve.Ref) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.filling {
		c.stale = append(c.stale, is)
	}
	for ref := range c.entries {
		if is(ref) {
			c.forget(ref)
			n++
			c.warm(ref.Scheme)
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
	return n
}

// warm ends the cool-down of a scheme's unlocking. The caller has locked mu.
func (c *cache) warm(scheme string) {
	if gate := c.gates[scheme]; gate != nil {
		gate.until = time.Time{}
	}
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
	for _, e := range c.entries {
		if e.good() {
			entries++
		}
	}
	return c.policy, entries, c.lookups, c.hits
}
