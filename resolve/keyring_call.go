package resolve

import (
	"context"
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// persistently asks again where the entry that was found had gone by the time it was
// asked for: another program removed or replaced it in between.
func persistently(ctx context.Context, do func() error) error {
	err := do()
	for i := 0; i < 5 && keyringGone != nil && keyringGone(err) && ctx.Err() == nil; i++ {
		err = do()
	}
	return err
}

func keyringGet(ctx context.Context, name string) (*Secret, error) {
	secret, err := fence(ctx, func() (*Secret, error) {
		var value string
		err := persistently(ctx, func() (err error) {
			value, err = keyring.Get(keyringService, name)
			return err
		})
		if err != nil {
			return nil, keyringError(ctx, name, err)
		}
		return NewSecret([]byte(value)), nil
	})
	return secret, unanswered(err)
}

// unanswered says what a call waited for when its deadline came. The keyring had
// answered the probe, so it most likely waits for a person.
func unanswered(err error) error {
	if errors.Is(err, ErrTimeout) {
		return hint.Add(fmt.Errorf("waiting for the keyring to be unlocked: %w", err), keyringUnlock)
	}
	return err
}

// keyringError sorts an error of go-keyring; the keyring was reachable just
// before, so that all but "not found" is a failure.
func keyringError(ctx context.Context, name string, err error) error {
	switch {
	case errors.Is(err, ErrTimeout):
		return unanswered(err)
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return errors.New("the keyring cannot hold a value of this size")
	case keyringProbe != nil && stillLocked(ctx, name):
		return errNotUnlocked()
	}
	if keyringForeign != nil {
		err = keyringForeign(err)
	}
	return fmt.Errorf("the keyring refused: %w", err)
}

// stillLocked asks once more, so that the reason does not hang on the wording
// of a library.
func stillLocked(ctx context.Context, name string) bool {
	state, err := keyringProbe(ctx, name)
	return err == nil && state.Locked
}

func keyringSet(ctx context.Context, s *Settings, name string, secret *Secret, onlyNew bool) (bool, error) {
	if keyringMax != nil && secret.Len() > keyringMax(name) {
		return false, hint.Add(fmt.Errorf("the value has %d bytes and this platform's keyring holds %d at most",
			secret.Len(), keyringMax(name)), "wg-run secret set "+names.Or(name, "NAME")+" --backend plaintext")
	}
	if err := probe(ctx, s, name, false); err != nil {
		return false, err
	}
	old, err := keyringGet(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	old.Wipe()
	if old != nil && onlyNew {
		return false, ErrThere
	}
	if err := keyringPut(ctx, name, secret); err != nil {
		return false, err
	}
	if err := noted(ctx, s, name, true); err != nil {
		return false, err
	}
	testOnlyLose()
	return old != nil, keyringVerify(ctx, name, secret)
}

func keyringPut(ctx context.Context, name string, secret *Secret) error {
	if keyringStore != nil {
		return keyringStore(ctx, name, secret)
	}
	_, err := fence(ctx, func() (struct{}, error) {
		return struct{}{}, persistently(ctx, func() error { return keyring.Set(keyringService, name, string(secret.Bytes())) })
	})
	if err != nil {
		return keyringError(ctx, name, err)
	}
	return nil
}

// keyringVerify reads the entry back: a service was seen to lose sets that ran
// in parallel without an error.
func keyringVerify(ctx context.Context, name string, want *Secret) error {
	got, err := keyringGet(ctx, name)
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	defer got.Wipe()
	if string(got.Bytes()) != string(want.Bytes()) {
		return errors.New("what was read back is not what was stored (did another program store it at the same time?)")
	}
	return nil
}

func keyringRemove(ctx context.Context, s *Settings, name string) error {
	if err := probe(ctx, s, name, true); err != nil {
		return err
	}
	if _, err := fence(ctx, func() (struct{}, error) {
		return struct{}{}, persistently(ctx, func() error { return keyring.Delete(keyringService, name) })
	}); err != nil {
		return keyringError(ctx, name, err)
	}
	if keyringProbe != nil { // go-keyring passes over a removal that was not confirmed
		if state, err := keyringProbe(ctx, name); err != nil {
			return ended(err)
		} else if !state.Missing {
			return errors.New("it is still there: the removal was not confirmed, or another program stored it again")
		}
	}
	return noted(ctx, s, name, false)
}

func noted(ctx context.Context, s *Settings, name string, stored bool) error {
	if keyringNoted == nil {
		return nil
	}
	return keyringNoted(ctx, s, name, stored)
}
