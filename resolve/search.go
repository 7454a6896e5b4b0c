package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// search is auto:NAME: the stores in their order, then the environment if an
// older profile names a variable, then plaintext if it is allowed. Only "not
// found" and "unavailable" let it go on, and it says when a weaker store than
// the first answered.
func (r *Resolver) search(ctx context.Context, ref Ref) (*Secret, error) {
	var misses []string
	steps := r.steps(ref)
	for i, step := range steps {
		next := ""
		if i+1 < len(steps) {
			next = steps[i+1].Scheme
		}
		secret, err := r.one(ctx, step, next)
		switch OutcomeOf(err) {
		case Found:
			if len(misses) > 0 {
				secret.Note = fmt.Sprintf("secret %s: %s; taken from %s", shownPath(ref.Path), strings.Join(misses, ", "), step.Scheme)
				r.say("%s", secret.Note)
			}
			if step.Scheme == "env" {
				r.say("hint: wg-run migrate moves it to %s, and the profile to a reference", r.DefaultBackend)
			}
			return secret, nil
		case Failed:
			return nil, err
		case NotFound:
			misses = append(misses, missed(step))
		case Unavailable:
			if !errors.Is(err, ErrNotSetUp) { // never set up: nothing that was to be expected is missing
				misses = append(misses, step.Scheme+" is not available here")
			}
		}
	}
	return nil, hint.Add(fmt.Errorf("resolving %s: %w", ref, nowhere(strings.Join(misses, ", "))), "run: "+r.SetCommand(ref))
}

func missed(step Ref) string {
	if step.Scheme == "env" {
		return names.Or(step.Path, "the variable") + " is not set"
	}
	return "no such entry in " + step.Scheme
}

// nowhere is an ErrNotFound that says where was looked.
type nowhere string

func (n nowhere) Error() string { return string(n) }
func (n nowhere) Unwrap() error { return ErrNotFound }

func (r *Resolver) steps(ref Ref) []Ref {
	var steps, last []Ref
	for i := range backends {
		b := &backends[i]
		step := Ref{Scheme: b.Scheme, Path: ref.Path, Pointer: ref.Pointer}
		switch {
		case b.Store == nil:
		case b.Allowed == nil:
			steps = append(steps, step)
		case b.Allowed(&r.Settings):
			last = append(last, step)
		}
	}
	if ref.env != "" {
		steps = append(steps, Ref{Scheme: "env", Path: ref.env, Pointer: ref.Pointer})
	}
	return append(steps, last...)
}
