package cli

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// takeAll offers what the wg tool keeps in files of its own. The files stay: wg
// reads them.
func (m *migration) takeAll(keys []profiles.Kept) error {
	if len(keys) > 0 && !m.DryRun && !m.FromWg && !term.IsTerminal(0) {
		say(fmt.Sprintf("hint: wg keeps %d keys in files of its own; to store them in %s, too: wg-run migrate --from-wg", len(keys), m.scheme))
		return nil
	}
	for _, k := range keys {
		err := m.take(k)
		if errors.Is(err, errStore) {
			return err
		}
		if err != nil {
			m.skip(hint.Add(fmt.Errorf("what wg keeps as %s: %w", names.Show(k.Name), err), hint.Of(err)))
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
	if there, err := m.stored(k.Name); err == nil && string(there.Bytes()) == string(secret.Bytes()) {
		secret.Wipe()
		return nil
	}
	if !m.DryRun && !m.FromWg {
		err := confirm(fmt.Sprintf("store %s, which wg keeps in a file, as %s:%s?", names.Show(k.Name), m.scheme, names.Or(k.Name, "…")))
		if errors.Is(err, errNotConfirmed) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if _, err := m.keep(k.Name, secret, "the file"); err != nil {
		return err
	}
	m.did("stored", "store", "%s as %s:%s; the file stays", names.ShowPath(k.Path), m.scheme, names.Or(k.Name, "…"))
	return nil
}
