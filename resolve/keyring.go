package resolve

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/graphwork/wg-run/internal/hint"
)

// keyringService is the service under which our entries stand; the user is the
// secret's name.
const keyringService = "wg"

// keyringState is what the platform tells without a prompt.
type keyringState struct {
	// Missing says that there is surely no such entry.
	Missing bool
	// Locked says that somebody must unlock the keyring before it answers.
	Locked bool
	// Absent says that the keyring was never set up and cannot store anything.
	Absent bool
}

// What the platform adds; nil where it has nothing.
var (
	// keyringProbe asks for an entry within ctx, without a prompt and without
	// starting a bus: go-keyring by itself would do both.
	keyringProbe func(ctx context.Context, name string) (keyringState, error)
	// keyringLook returns ErrLocked where already asking for an entry has somebody unlock
	// the keyring; nil where it never does.
	keyringLook func(ctx context.Context) error
	// keyringDirect is a shorter way to an entry that is unlocked; ok is false
	// where it is not, or not to be had so.
	keyringDirect func(ctx context.Context, name string) (secret *Secret, ok bool, err error)
	// keyringOpen has it unlocked within ctx; nil where go-keyring does.
	keyringOpen func(ctx context.Context) error
	// keyringStore stores an entry within ctx; nil where go-keyring does.
	keyringStore func(ctx context.Context, name string, secret *Secret) error
	// keyringNames lists our entries, also while locked.
	keyringNames func(ctx context.Context, s *Settings) ([]string, error)
	// keyringNoted keeps an index of names where the platform cannot list them.
	keyringNoted func(ctx context.Context, s *Settings, name string, stored bool) error
	// keyringMax is the largest value in bytes, 0 if there is no special limit.
	keyringMax func(name string) int
	// keyringForeign takes from an error what the service itself wrote: it could
	// quote the value.
	keyringForeign func(err error) error
	// keyringGone says that the entry was gone by the time it was asked for.
	keyringGone func(err error) bool
	// keyringUnlock is how to unlock it.
	keyringUnlock string
)

var keyringBackend = Backend{
	Scheme: "keyring",
	Help:   "the OS keyring (Secret Service, macOS Keychain, Windows Credential Manager)",
	Named:  true,
	Get: func(ctx context.Context, s *Settings, name string) (*Secret, error) {
		answered := false
		if s.NoPrompt && keyringLook != nil {
			if err := keyringLook(ctx); err != nil {
				return nil, err
			}
			answered = true
		}
		if keyringDirect != nil {
			secret, ok, err := keyringDirect(ctx, name)
			if ok || err != nil {
				return secret, err
			}
			answered = true
		}
		if err := probe(ctx, s, name, true); err != nil && answered {
			return nil, ended(err)
		} else if err != nil {
			return nil, err
		}
		secret, err := keyringGet(ctx, name)
		if errors.Is(err, ErrNotFound) && keyringProbe != nil {
			return nil, stillMissing(ctx, name)
		}
		return secret, err
	},
	Check: keyringCheck,
	Store: &Store{Set: keyringSet, Remove: keyringRemove, List: func(ctx context.Context, s *Settings) ([]string, error) {
		list, err := keyringNames(ctx, s)
		sort.Strings(list)
		return list, err
	}},
}

// ended keeps a service that answered, and is gone now, from counting as one that is
// not there: a search would go on to a weaker store.
func ended(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return hint.Add(errors.New("the keyring's daemon ended while it was asked"), keyringUnlock)
	}
	return err
}

// stillMissing is ErrNotFound if the entry is surely not there. What stays locked,
// whatever the service said, may be.
func stillMissing(ctx context.Context, name string) error {
	state, err := keyringProbe(ctx, name)
	switch {
	case err != nil:
		return ended(err)
	case !state.Missing:
		return errNotUnlocked()
	}
	return ErrNotFound
}

func errNotUnlocked() error {
	return hint.Add(fmt.Errorf("the keyring is %w and was not unlocked", ErrLocked), keyringUnlock)
}

// keyringCheck asks whether the keyring is there, was set up and is unlocked.
func keyringCheck(ctx context.Context, s *Settings) error {
	if keyringProbe == nil {
		_, err := keyringNames(ctx, s) // the index must be writable, or at least there
		return err
	}
	state, err := keyringProbe(ctx, "")
	switch {
	case err != nil:
		return err
	case state.Absent:
		return hint.Add(errAbsent, keyringUnlock)
	case state.Locked:
		return hint.Add(fmt.Errorf("the keyring is %w", ErrLocked), keyringUnlock)
	}
	return nil
}

// errAbsent is a keyring that was never set up.
var errAbsent = errors.New("the keyring has no collection to store in")

// probe asks whether the keyring is there and says so when somebody has to
// unlock it. ErrNotFound where reading says that an entry must be there.
func probe(ctx context.Context, s *Settings, name string, reading bool) error {
	if keyringProbe == nil && s.NoPrompt {
		return fmt.Errorf("the keyring is not asked, since that may prompt: it may be %w", ErrLocked)
	}
	if keyringProbe == nil {
		return nil
	}
	state, err := keyringProbe(ctx, name)
	if err != nil {
		return err
	}
	if state.Missing && reading {
		return ErrNotFound
	}
	if state.Absent {
		return hint.Add(errAbsent, keyringUnlock)
	}
	if state.Locked && s.NoPrompt {
		return hint.Add(fmt.Errorf("the keyring is %w", ErrLocked), keyringUnlock)
	}
	if state.Locked {
		s.say("the keyring is locked; waiting up to %v for it to be unlocked", s.Deadline())
		if keyringOpen != nil {
			return keyringOpen(ctx)
		}
	}
	return nil
}
