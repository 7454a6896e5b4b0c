package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// Writable returns the schemes of the backends that store secrets, in the order
// of a search.
func Writable() []string {
	var list []string
	for i := range backends {
		if backends[i].Store != nil {
			list = append(list, backends[i].Scheme)
		}
	}
	return list
}

// Usable is Writable without what the settings do not allow.
func (s *Settings) Usable() []string {
	var list []string
	for i := range backends {
		if b := &backends[i]; b.Store != nil && (b.Allowed == nil || b.Allowed(s)) {
			list = append(list, b.Scheme)
		}
	}
	return list
}

// Storing returns the scheme under which a backend of that name stores secrets
// ("plain" is accepted for "plaintext"); an error if there is none.
func Storing(name string) (string, error) {
	if name == "plain" {
		name = "plaintext"
	}
	if slices.Contains(Writable(), name) {
		return name, nil
	}
	return "", hint.Add(errors.New("no such backend that stores secrets"), "backends: "+strings.Join(Writable(), ", "))
}

// Set stores secret under name in the backend of that scheme and reports
// whether an entry was replaced. It has read the entry back when it returns nil.
func (r *Resolver) Set(ctx context.Context, scheme, name string, secret *Secret) (replaced bool, err error) {
	return r.set(ctx, scheme, name, secret, false)
}

// Add is Set for a name that is not there yet; the error wraps ErrThere if it is.
func (r *Resolver) Add(ctx context.Context, scheme, name string, secret *Secret) error {
	_, err := r.set(ctx, scheme, name, secret, true)
	return err
}

func (r *Resolver) set(ctx context.Context, scheme, name string, secret *Secret, onlyNew bool) (replaced bool, err error) {
	if err := Storable(secret); err != nil {
		return false, fmt.Errorf("storing %s in %s: %w", names.Show(name), scheme, err)
	}
	err = r.store(ctx, scheme, name, "storing %s in %s", func(ctx context.Context, s *Store) error {
		replaced, err = s.Set(ctx, &r.Settings, name, secret, onlyNew)
		return err
	})
	return replaced, err
}

// testOnlyLose lets a test be a store that loses what was set, before it is read back.
var testOnlyLose = func() {}

// Storable refuses an empty secret and one over MaxSecret bytes.
func Storable(secret *Secret) error {
	switch {
	case secret.Len() == 0:
		return ErrEmpty
	case secret.Len() > MaxSecret:
		return ErrTooBig
	}
	return nil
}

// Lacks reports whether ref names an entry of a store that surely has none of that
// name. Nobody is made to unlock anything.
func (r *Resolver) Lacks(ctx context.Context, ref Ref) bool {
	list, err := r.List(ctx, ref.Scheme)
	return err == nil && !slices.Contains(list, ref.Path)
}

// remarking bounds what is found out for a remark only.
const remarking = time.Second

// Has reports whether the backend of that scheme surely holds an entry of that name. Nobody is made
// to unlock anything, and it takes a second at most.
func (r *Resolver) Has(scheme, name string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), remarking)
	defer cancel()
	list, err := fence(ctx, func() ([]string, error) { return r.List(ctx, scheme) })
	return err == nil && slices.Contains(list, name)
}

// Remove removes name from the backend of that scheme.
func (r *Resolver) Remove(ctx context.Context, scheme, name string) error {
	return r.store(ctx, scheme, name, "removing %s from %s", func(ctx context.Context, s *Store) error {
		return s.Remove(ctx, &r.Settings, name)
	})
}

// List returns the names in the backend of that scheme, sorted. It never makes
// anybody unlock anything.
func (r *Resolver) List(ctx context.Context, scheme string) (list []string, err error) {
	b := r.BackendOf(scheme)
	if b == nil || b.Store == nil {
		return nil, ErrBadRef
	}
	ctx, cancel := context.WithTimeout(ctx, r.Deadline())
	defer cancel()
	if list, err = b.Store.List(ctx, &r.Settings); err != nil {
		return nil, fmt.Errorf("listing %s: %w", scheme, err)
	}
	return list, nil
}

func (r *Resolver) store(ctx context.Context, scheme, name, doing string, do func(context.Context, *Store) error) error {
	doing = fmt.Sprintf(doing, names.Show(name), scheme)
	b := r.BackendOf(scheme)
	if b == nil || b.Store == nil {
		return fmt.Errorf("%s: %w", doing, ErrBadRef)
	}
	if !names.Valid(name) {
		return fmt.Errorf("%s: not a valid name: %s", doing, names.Rule)
	}
	ctx, cancel := context.WithTimeout(ctx, r.Deadline())
	defer cancel()
	defer r.sayWhenSlow(b.Help)()
	if err := do(ctx, b.Store); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
