// Package resolve turns a reference into a secret. It asks the one backend that
// the scheme names, or the search order for auto:, under a deadline, and tells
// apart "no such entry", "no such service here" and "failed". It knows nothing
// of profiles, of workers or of how a secret reaches one.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// Resolver resolves references.
type Resolver struct {
	Settings
	// First, if set, is asked before the backends: what a broker handed over. It returns
	// nil where it has nothing to say of a reference.
	First func(Ref) (*Secret, error)
	// Trace, if set, is told of each backend that was asked.
	Trace func(Step)
}

// Step is one backend's answer.
type Step struct {
	Ref  Ref
	Err  error
	Size int
	Took time.Duration
	// Next is the scheme that a search goes on to after a miss, "" if there is none.
	Next string
}

// Resolve returns the secret that ref names: not empty, at most MaxSecret
// bytes. The error wraps ErrNotFound or ErrUnavailable where that is the cause
// and holds no value.
func (r *Resolver) Resolve(ctx context.Context, ref Ref) (*Secret, error) {
	if r.First != nil {
		if secret, err := r.First(ref); secret != nil || err != nil {
			return secret, err
		}
	}
	if ref.Scheme == "auto" {
		return r.search(ctx, ref)
	}
	secret, err := r.one(ctx, ref, "")
	if b := r.BackendOf(ref.Scheme); OutcomeOf(err) == Unavailable && b != nil && b.Store != nil {
		if other := r.holder(b.Scheme, ref.Path); other != "" {
			err = hint.Add(err, fmt.Sprintf("%s has an entry of that name: use the reference %s:%s", other, other, names.Or(ref.Path, "NAME")))
		}
	}
	return secret, err
}

func (r *Resolver) one(ctx context.Context, ref Ref, next string) (*Secret, error) {
	started := time.Now()
	secret, err := r.get(ctx, ref)
	if r.Trace != nil {
		r.Trace(Step{ref, err, secret.len(), time.Since(started), next})
	}
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", ref, err)
	}
	return secret, nil
}

func (s *Secret) len() int {
	if s == nil {
		return 0
	}
	return s.Len()
}

func (r *Resolver) get(ctx context.Context, ref Ref) (*Secret, error) {
	b := r.BackendOf(ref.Scheme)
	if b == nil {
		return nil, ErrBadRef
	}
	if ctx.Err() != nil {
		return nil, timedOut(ctx)
	}
	if !b.Local {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, r.Deadline())
		defer cancel()
		defer r.sayWhenSlow(b.Help)()
	}
	secret, err := b.Get(ctx, &r.Settings, ref.Path)
	if err == nil && secret.Len() > MaxSecret {
		err = ErrTooBig
	}
	if err == nil && ref.Pointer != "" {
		err = secret.pick(ref.Pointer)
	}
	if err == nil && secret.Len() == 0 {
		err = ErrEmpty
	}
	if err != nil {
		secret.Wipe()
		return nil, r.explained(b, ref, err)
	}
	secret.Source = b.Scheme
	return secret, nil
}

// bounded runs f under a deadline, for a backend that needs none otherwise.
func bounded[T any](ctx context.Context, s *Settings, what string, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Deadline())
	defer cancel()
	v, err := fence(ctx, func() (T, error) { return f(ctx) })
	if err != nil {
		err = fmt.Errorf("waiting for %s: %w", what, err)
	}
	return v, err
}

// explained adds the hint that fits the outcome, unless the backend gave one.
func (r *Resolver) explained(b *Backend, ref Ref, err error) error {
	if hint.Of(err) != "" {
		return err
	}
	switch {
	case errors.Is(err, ErrNotFound) && b.Store != nil:
		return hint.Add(err, "run: "+r.SetCommand(ref))
	case errors.Is(err, ErrEmpty) && b.Store != nil:
		return hint.Add(err, "run: "+r.SetCommand(ref))
	case errors.Is(err, ErrEmpty):
		return hint.Add(err, "nothing empty is delivered: put the secret there, or name another reference")
	case errors.Is(err, ErrTimeout):
		return hint.Add(fmt.Errorf("%w (waited %v)", err, r.Deadline()),
			"see whether it works by itself; a longer wait: [secrets] timeout in config.toml")
	}
	return err
}

// holder is another store that surely has name, "" if none has. Nobody is made to
// unlock anything.
func (r *Resolver) holder(but, name string) string {
	for _, scheme := range r.Usable() {
		if scheme != but && r.Has(scheme, name) {
			return scheme
		}
	}
	return ""
}

// SetCommand is the command that stores the entry that ref names; with a name that
// may be a pasted key it says NAME.
func (s *Settings) SetCommand(ref Ref) string {
	return "wg-run secret set " + names.Or(ref.Path, "NAME") + s.backendFlag(ref.Scheme)
}

// backendFlag is what "secret set" needs to write to scheme.
func (s *Settings) backendFlag(scheme string) string {
	if scheme == s.DefaultBackend || scheme == "auto" {
		return ""
	}
	return " --backend " + scheme
}
