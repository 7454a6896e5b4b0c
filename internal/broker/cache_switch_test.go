//go:build unix

package broker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// staging prepares a policy beside what the test does.
func (r *rig) staging(p *Policy) (result func() (*staged, *Failure)) {
	var st *staged
	var failed *Failure
	done := make(chan struct{})
	go func() {
		defer close(done)
		st, failed = r.stage(p)
	}()
	return func() (*staged, *Failure) { <-done; return st, failed }
}

// staged prepares a policy whose secrets are all found, as value.
func (r *rig) staged(p *Policy, value string) *staged {
	r.t.Helper()
	result := r.staging(p)
	for range p.Profiles[p.Active] {
		r.next().answer <- as(value)
	}
	st, failed := result()
	if failed != nil {
		r.t.Fatalf("stage() = %v, want none", failed)
	}
	return st
}

// begun is a cache that has looked up what its policy names, as value.
func begun(t *testing.T, p *Policy, ttl time.Duration, value string) *rig {
	r := newRig(t, p, ttl)
	for _, w := range p.Profiles["p"] {
		answers := r.asking(p, w.Name, 1)
		r.next().answer <- as(value)
		r.all("ask", answers(), value)
	}
	return r
}

// A switch is prepared beside what goes on, and then it is there at once; what the new
// policy does not name is gone. Undo brings back all that was.
func TestSwitch(t *testing.T) {
	for _, undo := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p, q := policyWith("a", "b"), policyWith("b", "c")
			r := begun(t, p, 0, "old")
			st := r.staged(q, "new")
			r.gets(p, "b", "old")
			back := r.commit(st)
			r.gets(q, "b", "new")
			r.gets(q, "c", "new")
			r.counts(2, 4, 3)
			if undo {
				back = r.commit(back)
				r.gets(p, "a", "old")
				r.gets(p, "b", "old")
			}
			r.unstage(back)
			r.empty()
		})
	}
}

// Where one secret does not resolve, nothing changes and nothing is left.
func TestSwitchFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := policyWith("a"), policyWith("b", "c")
		r := begun(t, p, 0, "old")
		result := r.staging(q)
		r.next().answer <- as("new")
		r.next().answer <- not(resolve.ErrNotFound)
		if st, failed := result(); st != nil || failed == nil || failed.Outcome != resolve.NotFound {
			t.Errorf("stage() = %v, %v; want nil and that it is not found", st, failed)
		}
		r.gets(p, "a", "old")
		r.counts(1, 3, 1)
		r.empty()
	})
}

// One that is given up leaves nothing.
func TestUnstage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := begun(t, p, 0, "old")
		r.unstage(r.staged(policyWith("a"), "new"))
		r.gets(p, "a", "old")
		r.empty()
	})
}

// Answers are kept over a switch only if they would be the same.
func TestSettingsChanged(t *testing.T) {
	files := func(text string) map[string][]byte { return map[string][]byte{"config.toml": []byte(text)} }
	for _, row := range []struct {
		doing string
		make  func(q *Policy)
		kept  bool
	}{
		{"nothing", func(*Policy) {}, true},
		{"config.toml", func(q *Policy) { q.Files = files("other") }, false},
		{"a profile", func(q *Policy) { q.Files["profiles/p.toml"] = []byte("x") }, true},
		{"a program", func(q *Policy) { q.Programs = map[string]string{"op": "2 /bin/op"} }, false},
		{"one program more", func(q *Policy) { q.Programs = map[string]string{"op": "1 /bin/op", "pass": ""} }, false},
		{"one program less", func(q *Policy) { q.Programs = nil }, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, q := policyWith("a", "b"), policyWith("a", "b")
			q.Active, q.Profiles["q"] = "q", []Want{want("b")}
			for _, policy := range []*Policy{p, q} {
				policy.Files, policy.Programs = files("same"), map[string]string{"op": "1 /bin/op"}
			}
			row.make(q)
			r := begun(t, p, 0, "old")
			r.unstage(r.commit(r.staged(q, "new")))
			r.gets(q, "b", "new")
			if _, n, _, _ := r.state(); n == 2 != row.kept {
				t.Errorf("after a change of %s %d answers are there; want a kept: %v", row.doing, n, row.kept)
			}
			r.empty()
		})
	}
}

// A run that has read the old policy gets an answer by it, which is for nobody else.
func TestReplacedPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := policyWith("a"), policyWith("a")
		r := newRig(t, p, 0)
		early := r.asking(p, "a", 3)
		first := r.next()
		r.unstage(r.commit(r.staged(q, "new")))
		late := r.asking(p, "a", 1)
		second := r.next()
		if first.policy != p || second.policy != p {
			t.Error("a run of the old policy is looked up by another one")
		}
		first.answer <- as("old")
		second.answer <- as("old")
		r.all("who came before", early(), "old")
		r.all("who had the old policy", late(), "old")
		r.gets(q, "a", "new")
		r.counts(1, 3, 3)
		r.empty()
	})
}

// What is forgotten during a switch does not come back by it: neither by the answers that
// were prepared, nor by those that undo would put back.
func TestForgottenInSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := policyWith("a"), policyWith("a", "b")
		r := begun(t, p, 0, "old")
		result := r.staging(q)
		first, second := r.next(), r.next()
		r.forgetAll(func(ref resolve.Ref) bool { return ref.Path == "a" })
		first.answer <- as("old")
		second.answer <- as("old")
		st, failed := result()
		if failed != nil {
			t.Fatalf("stage() = %v, want none", failed)
		}
		back := r.commit(st)
		r.gets(q, "b", "old")
		answers := r.asking(q, "a", 1)
		r.next().answer <- as("new")
		r.all("forgotten while it was prepared", answers(), "new")
		r.wipe()
		r.unstage(r.commit(back))
		answers = r.asking(p, "a", 1)
		r.next().answer <- as("new")
		r.all("forgotten before undo", answers(), "new")
		r.empty()
	})
}
