//go:build unix

package broker

import (
	"bytes"

	"github.com/graphwork/wg-run/resolve"
)

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
	c.policy = st.policy
	for scheme := range c.gates {
		c.warm(scheme)
	}
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

// good reports whether it holds a value.
func (e *entry) good() bool { return e.known() && e.failed == nil }
