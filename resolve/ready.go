package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
)

// Check returns the error that every reference of that scheme would meet now:
// ErrUnavailable, ErrLocked, or a failure. It makes nobody unlock anything.
func (r *Resolver) Check(ctx context.Context, scheme string) error {
	b := r.BackendOf(scheme)
	if b == nil {
		return ErrBadRef
	}
	if b.Check == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.Deadline())
	defer cancel()
	return b.Check(ctx, &r.Settings)
}

// Ready returns the error that storing would meet at once, so that nobody is
// asked for a value that cannot be stored. A store that is locked is ready: storing
// has it unlocked.
func (r *Resolver) Ready(ctx context.Context, scheme string) error {
	err := r.Check(ctx, scheme)
	switch {
	case errors.Is(err, ErrLocked):
		return nil
	case OutcomeOf(err) == Unavailable:
		return hint.Add(err, strings.TrimPrefix(hint.Of(err)+"; "+elsewhere(scheme), "; "))
	}
	return err
}

// elsewhere names the commands that choose another store than scheme.
func elsewhere(scheme string) string {
	var list []string
	for i := range backends {
		if b := &backends[i]; b.Store != nil && b.Scheme != scheme {
			list = append(list, b.chooseCommand())
		}
	}
	return "to store elsewhere: " + strings.Join(list, ", or: ")
}

// chooseCommand is the command that makes the backend the one that stores.
func (b *Backend) chooseCommand() string {
	command := "wg-run secret backend set " + b.Scheme
	if b.Allowed != nil {
		command += " --allow-" + b.Scheme
	}
	return command
}

// Unlock opens the store of that scheme for what comes after, asking a person where
// need be. There may be nothing to do.
func (r *Resolver) Unlock(ctx context.Context, scheme string) error {
	b := r.BackendOf(scheme)
	if b == nil || b.Store == nil {
		return ErrBadRef
	}
	if b.Store.Unlock == nil {
		return nil
	}
	if err := b.Store.Unlock(ctx, &r.Settings); err != nil {
		return fmt.Errorf("unlocking %s: %w", scheme, err)
	}
	return nil
}
