//go:build unix

package broker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

var errLocked = resolve.ErrLocked

// A store that is locked asks one person once: what else waits for it is asked for after
// that, and where the prompt was in vain nobody is asked again for a while.
func TestOnePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a", "b", "c")
		r := newRig(t, p, 0)
		var waiting []func() []string
		for _, name := range []string{"a", "b", "c"} {
			waiting = append(waiting, r.asking(p, name, 1))
		}
		for range 3 {
			c := r.next()
			if !c.quiet {
				t.Errorf("the first question for %s may ask somebody, want none to", c.name)
			}
			c.answer <- not(errLocked)
		}
		c := r.next()
		if c.quiet {
			t.Errorf("the second question for %s asks nobody, want somebody asked", c.name)
		}
		r.quiet("while somebody is asked")
		c.answer <- not(errLocked)
		for range 2 {
			if c := r.next(); !c.quiet {
				t.Errorf("after a prompt in vain the question for %s may ask somebody, want none to", c.name)
			} else {
				c.answer <- not(errLocked)
			}
		}
		for _, answers := range waiting {
			r.all("a store that stays locked", answers(), "failed: "+errLocked.Error())
		}
		time.Sleep(CoolDown + time.Millisecond)
		answers := r.asking(p, "a", 5)
		r.next().answer <- not(errLocked)
		if c = r.next(); c.quiet {
			t.Error("after the cool-down nobody is asked, want somebody asked")
		}
		c.answer <- as("value")
		r.all("a store that was unlocked", answers(), "value")
		r.empty()
	})
}

// Somebody who unlocks is asked once for all that wait; and another scheme waits for
// nobody.
func TestUnlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a", "b")
		r := newRig(t, p, 0)
		a, b := r.asking(p, "a", 1), r.asking(p, "b", 1)
		r.next().answer <- not(errLocked)
		r.next().answer <- not(errLocked)
		prompt := r.next()
		other := r.get(p, "p", Want{"o", resolve.Ref{Scheme: "other", Path: "o"}})
		if c := r.next(); c.name != "o" || !c.quiet {
			t.Errorf("beside a prompt %s is looked up, want o", c.name)
		} else {
			c.answer <- not(errLocked)
		}
		if c := r.next(); c.name != "o" || c.quiet {
			t.Errorf("beside a prompt of another scheme %s is asked, quietly %v; want o with a prompt", c.name, c.quiet)
		} else {
			c.answer <- as("o")
		}
		<-other.done
		r.release(other)
		prompt.answer <- as("value of " + prompt.name)
		last := r.next()
		if last.quiet {
			t.Error("after it was unlocked nobody may be asked, want as if it was the first")
		}
		last.answer <- as("value of " + last.name)
		r.all("a", a(), "value of a")
		r.all("b", b(), "value of b")
		r.empty()
	})
}

// forget ends a cool-down: who says so has put it right.
func TestForgetEndsCoolDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := newRig(t, p, 0)
		answers := r.asking(p, "a", 1)
		r.next().answer <- not(errLocked)
		r.next().answer <- not(errLocked)
		r.all("locked", answers(), "failed: "+errLocked.Error())
		r.wipe()
		answers = r.asking(p, "a", 1)
		r.next().answer <- not(errLocked)
		if c := r.next(); c.quiet {
			t.Error("after forget nobody is asked, want somebody asked")
		} else {
			c.answer <- as("value")
		}
		r.all("after forget", answers(), "value")
		r.empty()
	})
}
