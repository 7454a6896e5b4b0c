package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// wanted are those of wg's keys that are to be looked at: all of them where that was
// asked for or somebody can be asked. Else the flag is named that takes them.
func (m *migration) wanted(keys []profiles.Kept) []profiles.Kept {
	if m.DryRun || m.FromWg || term.IsTerminal(0) {
		return keys
	}
	have, _ := m.r.List(context.Background(), m.r.DefaultBackend)
	missing := slices.DeleteFunc(keys, func(k profiles.Kept) bool { return slices.Contains(have, k.Name) })
	if len(missing) > 0 {
		say(fmt.Sprintf("hint: keys that wg keeps in files of its own: %d; to store them in %s, too: wg-run migrate --from-wg",
			len(missing), m.r.DefaultBackend))
		m.done++
	}
	return nil
}

// takeAll offers what the wg tool keeps in files of its own. The files stay: wg
// reads them.
func (m *migration) takeAll(keys []profiles.Kept) error {
	for _, k := range keys {
		err := m.take(k)
		if errors.Is(err, errStore) {
			return err
		}
		if err != nil {
			m.skip(fmt.Errorf("what wg keeps as %s: %w", names.Show(k.Name), err))
		}
	}
	return nil
}

// take stores one of wg's keys, unless it is stored or not wanted.
func (m *migration) take(k profiles.Kept) error {
	if err := newName(k.Name); err != nil {
		return err
	}
	if variable, ok := m.awaited[k.Name]; ok {
		return hint.Add(fmt.Errorf("the profile of that name takes its key from %s, and would take this one", variableName(variable)),
			"wg-run secret set NAME --from-stdin < FILE")
	}
	secret, err := m.r.Resolve(context.Background(), resolve.Ref{Scheme: "file", Path: k.Path})
	if err != nil {
		return err
	}
	there, err := m.stored(k.Name)
	switch {
	case err == nil && string(there.Bytes()) == string(secret.Bytes()):
		secret.Wipe()
		return nil
	case err != nil && resolve.OutcomeOf(err) != resolve.NotFound:
		secret.Wipe()
		return fmt.Errorf("%w: %w", errStore, err)
	}
	if !m.DryRun && !m.FromWg {
		err := confirm(fmt.Sprintf("store %s, which wg keeps in a file, as %s:%s?", names.Show(k.Name), m.scheme, names.Or(k.Name, "…")))
		if err != nil {
			secret.Wipe()
		}
		if errors.Is(err, errNotConfirmed) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if _, err := m.keep(k.Name, secret, "the file"); err != nil {
		secret.Wipe()
		return err
	}
	m.did("stored", "store", "%s as %s:%s; the file stays", names.ShowPath(k.Path), m.scheme, names.Or(k.Name, "…"))
	return nil
}
