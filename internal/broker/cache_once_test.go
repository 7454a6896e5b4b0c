//go:build unix

package broker

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// However many ask at once, one lookup is made; and none after that.
func TestOneLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := newRig(t, p, 0)
		answers := r.asking(p, "a", 100)
		c := r.next()
		r.quiet("99 that came later")
		c.answer <- as("value")
		r.all("100 at once", answers(), "value")
		r.gets(p, "a", "value")
		r.counts(1, 1, 100)
		r.empty()
	})
}

// What failed is answered to all who wait and to who comes soon after, and what is
// missing is asked for again each time.
func TestFailures(t *testing.T) {
	for _, row := range []struct {
		err  error
		kept bool
	}{
		{errors.New("denied"), true},
		{fmt.Errorf("it is so: %w", resolve.ErrLocked), true},
		{resolve.ErrNotFound, false},
		{resolve.ErrUnavailable, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := policyWith("a")
			r := newRig(t, p, time.Hour)
			answers := r.asking(p, "a", 10)
			if r.next().answer <- not(row.err); errors.Is(row.err, resolve.ErrLocked) {
				r.next().answer <- not(row.err) // with somebody asked to unlock it
			}
			said := "failed: " + row.err.Error()
			r.all(said+", to who waits", answers(), said)
			if row.kept {
				time.Sleep(CoolDown - time.Millisecond)
				r.all(said+", in the cool-down", r.asking(p, "a", 10)(), said)
				r.quiet(said + ", in the cool-down")
				time.Sleep(2 * time.Millisecond)
			}
			answers = r.asking(p, "a", 10)
			r.next().answer <- as("value")
			r.all(said+", later", answers(), "value")
			r.empty()
		})
	}
}

// A value is kept for its time, and wiped then, whether or not somebody asks.
func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := newRig(t, p, time.Minute)
		answers := r.asking(p, "a", 1)
		r.next().answer <- as("old")
		r.all("ask", answers(), "old")
		time.Sleep(time.Minute - time.Millisecond)
		r.gets(p, "a", "old")
		e := r.get(p, "p", want("a"))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		r.counts(0, 1, 2)
		if string(e.secret) != "old" {
			t.Errorf("who has it by then reads %q, want %q", e.secret, "old")
		}
		if r.release(e); e.secret != nil {
			t.Errorf("after its time and the last reader it is %q, want nothing", e.secret)
		}
		answers = r.asking(p, "a", 1)
		r.next().answer <- as("new")
		r.all("ask after its time", answers(), "new")
		r.empty()
	})
}

// Who waits for what is forgotten meanwhile gets it, and nobody after that.
func TestForgottenInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := newRig(t, p, 0)
		before := r.asking(p, "a", 10)
		first := r.next()
		if n := r.forgetAll(func(ref resolve.Ref) bool { return Key(ref) == "fake:a" }); n != 1 {
			t.Errorf("forgetAll() = %d, want 1", n)
		}
		after := r.asking(p, "a", 10)
		second := r.next()
		second.answer <- as("new")
		r.all("who came after", after(), "new")
		first.answer <- as("old")
		r.all("who waited", before(), "old")
		r.gets(p, "a", "new")
		if n := r.forgetAll(func(ref resolve.Ref) bool { return ref.Path == "b" }); n != 0 {
			t.Errorf("forgetAll of another = %d, want 0", n)
		}
		r.counts(1, 2, 19)
		r.empty()
	})
}

// A backend that never answers is given up at its deadline, and only maxLookups are
// asked at once.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith()
		r := newRig(t, p, 0)
		var waiting []func() []string
		for i := range maxLookups + 3 {
			waiting = append(waiting, r.asking(p, fmt.Sprint("s", i), 1))
		}
		synctest.Wait()
		if n := len(r.calls); n != maxLookups {
			t.Errorf("%d are looked up at once, want %d", n, maxLookups)
		}
		began := time.Now()
		texts := map[string]int{}
		for _, answers := range waiting {
			texts[answers()[0]]++
		}
		if took, want := time.Since(began), r.deadline(p); took != want {
			t.Errorf("they were given up after %v, want %v", took, want)
		}
		if n := texts["failed: no answer in time"]; n < maxLookups || len(texts) > 2 {
			t.Errorf("the answers are %v, want that there was none in time", texts)
		}
		r.empty()
	})
}

// What was looked up before the dispatcher started counts as a lookup, and the last of
// several is kept.
func TestPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policyWith("a")
		r := newRig(t, p, time.Minute)
		for _, value := range []string{"one", "two"} {
			b, err := r.mem.take(len(value))
			if err != nil {
				t.Fatal(err)
			}
			copy(b, value)
			e := &entry{done: make(chan struct{}), secret: b}
			close(e.done)
			r.put(p, want("a").Ref, e)
		}
		r.gets(p, "a", "two")
		r.counts(1, 2, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.counts(0, 2, 1)
		r.empty()
	})
}
