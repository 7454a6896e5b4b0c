package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
)

// unseal decrypts a version of the store.
func (k *ageKeys) unseal(ctx context.Context, s *Settings, sealed []byte) (plain []byte, err error) {
	switch {
	case !k.slow():
		plain, err = unseal(sealed, maxStore, k.identities...)
	case k.ssh != "":
		plain, err = bounded(ctx, s, "the age program", func(ctx context.Context) ([]byte, error) {
			return unsealBySSH(ctx, s, k.ssh, sealed)
		})
	default:
		plain, err = k.unsealByPlugin(ctx, s, sealed)
	}
	if errors.Is(err, errWrongIdentity) {
		err = hint.Add(err, k.addMe())
	}
	return plain, err
}

// unsealByPlugin starts plugins, which may ask for a PIN or a touch, only where
// somebody may be asked.
func (k *ageKeys) unsealByPlugin(ctx context.Context, s *Settings, sealed []byte) ([]byte, error) {
	identities := slices.Clone(k.identities)
	if s.NoPrompt {
		if plain, err := unseal(sealed, maxStore, append(identities, noIdentity{})...); !errors.Is(err, errWrongIdentity) {
			return plain, err
		}
		return nil, fmt.Errorf("it may be %w: a plugin of age's could ask somebody", ErrLocked)
	}
	ui := &pluginUI{s: s, ctx: ctx}
	for _, line := range k.plugins {
		id, err := newPluginIdentity(ui, line)
		if err != nil {
			return nil, err
		}
		identities = append(identities, id)
	}
	return byPlugins(ctx, s, ui, func() ([]byte, error) { return unseal(sealed, maxStore, identities...) })
}

// noIdentity is an identity that opens nothing: the library wants at least one.
type noIdentity struct{}

func (noIdentity) Unwrap([]*age.Stanza) ([]byte, error) { return nil, age.ErrIncorrectIdentity }

// addMe tells what to run where the store can be read.
func (k *ageKeys) addMe() string {
	mine := "RECIPIENT"
	if own := k.own(); len(own) > 0 {
		mine = own[0]
	}
	return "on a machine that can read it: " + hint.Command("wg-run", "secret", "recipients", "add", mine)
}
