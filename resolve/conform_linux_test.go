package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

// conform runs f for every line of THE LIST, with a world of its own. A backend
// without a trial fails.
func conform(t *testing.T, f func(t *testing.T, b *Backend, c trial, r *Resolver, said func() string)) {
	for i := range backends {
		b := &backends[i]
		t.Run(b.Scheme, func(t *testing.T) {
			c, ok := trials[b.Scheme]
			if e, row := examples[b.Scheme]; row && !ok {
				c, ok = e.trial(b.Scheme), true
			}
			if !ok {
				t.Fatalf("backend %s of THE LIST has no trial, want one in trials or in examples", b.Scheme)
			}
			r, said := newResolver(t)
			if c.setup != nil {
				c.setup(t, r)
			}
			f(t, b, c, r, said)
		})
	}
}

func TestTrialsAreOfTheList(t *testing.T) {
	for _, scheme := range slices.Concat(slices.Collect(maps.Keys(trials)), slices.Collect(maps.Keys(examples))) {
		if bare.BackendOf(scheme) == nil {
			t.Errorf("trials or examples has %q, want a line for it in THE LIST", scheme)
		}
	}
}

// resolved resolves under a watchdog.
func resolved(t *testing.T, ctx context.Context, r *Resolver, ref Ref) (*Secret, error) {
	t.Helper()
	type answer struct {
		s   *Secret
		err error
	}
	ch := make(chan answer, 1)
	go func() {
		s, err := r.Resolve(ctx, ref)
		ch <- answer{s, err}
	}()
	select {
	case a := <-ch:
		return a.s, a.err
	case <-time.After(2 * max(watchdog, r.Timeout)):
		t.Fatalf("Resolve(%v): did not return, want an answer", ref)
		return nil, nil
	}
}

func TestBackendFound(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, said func() string) {
		for _, value := range []string{planted, "x", " spaces and ünï ☃ ", strings.Repeat("k", MaxSecret)} {
			ref := Ref{Scheme: b.Scheme, Path: c.plant(t, r, []byte(value))}
			got, err := resolved(t, t.Context(), r, ref)
			if err != nil || string(got.Bytes()) != value || got.Source != b.Scheme {
				t.Errorf("Resolve(%v) = %d bytes, %v; want the %d planted ones from %s", ref, len(bytesOf(got)), err, len(value), b.Scheme)
			}
		}
		if holdsPart(said(), planted) {
			t.Errorf("Resolve(%s) said %q, want nothing of the value", b.Scheme, said())
		}
	})
}

func TestBackendMissing(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, said func() string) {
		if c.missed == none {
			return
		}
		ref := Ref{Scheme: b.Scheme, Path: c.missing}
		if got, err := resolved(t, t.Context(), r, ref); OutcomeOf(err) != c.missed || got != nil || said() != "" {
			t.Errorf("Resolve(%v) = %v, %v, said %q; want outcome %d in silence", ref, got, err, said(), c.missed)
		}
	})
}

func TestBackendUnavailable(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, _ func() string) {
		if c.absent == nil {
			return
		}
		ref := Ref{Scheme: b.Scheme, Path: c.absent(t, r)}
		if got, err := resolved(t, t.Context(), r, ref); OutcomeOf(err) != Unavailable || got != nil {
			t.Errorf("Resolve(%v) without the service = %v, %v; want ErrUnavailable", ref, got, err)
		}
		if b.Store == nil {
			return
		}
		_, serr := r.Set(t.Context(), b.Scheme, "k", NewSecret([]byte(planted)))
		rerr := r.Remove(t.Context(), b.Scheme, "k")
		_, lerr := r.List(t.Context(), b.Scheme)
		for call, err := range map[string]error{"Set": serr, "Remove": rerr, "List": lerr} {
			if OutcomeOf(err) != Unavailable || holdsPart(err.Error(), planted) {
				t.Errorf("%s(%s) without the service = %v, want ErrUnavailable", call, b.Scheme, err)
			}
		}
	})
}

// A call whose time is over returns, and brings nothing that it would have to
// wait for.
func TestBackendContextEnded(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, _ func() string) {
		ref := Ref{Scheme: b.Scheme, Path: c.plant(t, r, []byte(planted))}
		for name, ctx := range map[string]context.Context{"cancelled": cancelled(), "over": over(t)} {
			got, err := resolved(t, ctx, r, ref)
			if o := OutcomeOf(err); c.memory && o != Found && o != Failed || !c.memory && o != Failed {
				t.Errorf("Resolve(%v), context %s = %v, %v; want a failure", ref, name, got, err)
			}
			if err != nil && holdsPart(err.Error()+hint.Of(err), planted) {
				t.Errorf("Resolve(%v), context %s = %v, want nothing of the value in it", ref, name, err)
			}
		}
	})
}

// Errors that come up with the value in hand hold nothing of it.
func TestBackendErrorsHoldNoValue(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, said func() string) {
		big := strings.Repeat(planted, MaxSecret/len(planted)+1)
		for name, try := range map[string]struct{ value, pointer string }{
			"no JSON": {planted, "/field"}, "no field": {`{"k": "` + planted + `"}`, "/field"}, "null": {`{"field": null, "k": "` + planted + `"}`, "/field"},
			"too big": {big, ""},
		} {
			ref := Ref{Scheme: b.Scheme, Path: c.plant(t, r, []byte(try.value)), Pointer: try.pointer}
			got, err := resolved(t, t.Context(), r, ref)
			if OutcomeOf(err) != Failed || got != nil {
				t.Errorf("%s: Resolve(%v) = %v, %v; want a failure", name, ref, got, err)
				continue
			}
			text := err.Error() + hint.Of(err) + said() + fmt.Sprintf("%+v %#v %q", ref, ref, err)
			if holdsPart(text, planted) {
				t.Errorf("%s: Resolve(%v) = %.300s, want nothing of the value", name, ref, text)
			}
		}
	})
}

func TestBackendTooBigAndEmpty(t *testing.T) {
	conform(t, func(t *testing.T, b *Backend, c trial, r *Resolver, _ func() string) {
		ref := Ref{Scheme: b.Scheme, Path: c.plant(t, r, bytes.Repeat([]byte("k"), MaxSecret+1))}
		if got, err := resolved(t, t.Context(), r, ref); !errors.Is(err, ErrTooBig) || got != nil {
			t.Errorf("Resolve(%v), 1 MiB + 1 = %v, %v; want ErrTooBig", ref, got, err)
		}
		ref.Path = c.plant(t, r, nil)
		got, err := resolved(t, t.Context(), r, ref)
		if OutcomeOf(err) != c.empty || c.empty == Failed && !errors.Is(err, ErrEmpty) || got != nil {
			t.Errorf("Resolve(%v), empty = %v, %v; want outcome %d", ref, got, err, c.empty)
		}
	})
}

// The newline that is taken off does not count.
func TestFileOfOneMiBAndNewline(t *testing.T) {
	for _, c := range []struct {
		end string
		ok  bool
	}{{"\n", true}, {"\r\n", true}, {"x\n", false}, {"\n\n", false}} {
		r, _ := newResolver(t)
		path := trials["file"].plant(t, r, append(bytes.Repeat([]byte("k"), MaxSecret), c.end...))
		got, err := resolved(t, t.Context(), r, Ref{Scheme: "file", Path: path})
		if c.ok && (err != nil || got.Len() != MaxSecret) || !c.ok && !errors.Is(err, ErrTooBig) {
			t.Errorf("Resolve(file of 1 MiB and %q) = %d bytes, %v; want ok %v", c.end, len(bytesOf(got)), err, c.ok)
		}
	}
}

// literal: holds its value itself, so what stands behind a "#/" there is part
// of it.
func TestLiteralWithPointer(t *testing.T) {
	r, said := newResolver(t)
	ref, err := bare.ParseRef("literal:abc#/" + planted)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Resolve(t.Context(), ref)
	text := said()
	if err != nil {
		text += err.Error() + hint.Of(err)
	}
	if holdsPart(text, planted) {
		t.Errorf("Resolve(literal:abc#/KEY) = %v, %v, said %q; want nothing of the text", s, err, said())
	}
}
