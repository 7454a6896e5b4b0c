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
	offered := 0
	for _, k := range keys {
		secret, err := m.r.Resolve(context.Background(), resolve.Ref{Scheme: "file", Path: k.Path})
		if err != nil {
			m.skip(fmt.Errorf("what wg keeps as %s: %w", names.Show(k.Name), err))
			continue
		}
		if there, err := m.stored(k.Name); err == nil && string(there.Bytes()) == string(secret.Bytes()) {
			continue
		}
		if !m.DryRun && !m.FromWg {
			if ok, err := m.wanted(k); err != nil {
				return err
			} else if !ok {
				offered++
				continue
			}
		}
		if _, err := m.keep(k.Name, secret, names.ShowPath(k.Path)); errors.Is(err, errStore) {
			return err
		} else if err != nil {
			m.skip(err)
			continue
		}
		m.did("stored", "store", "%s as %s:%s; the file stays", names.ShowPath(k.Path), m.scheme, names.Printable(k.Name))
	}
	if offered > 0 {
		say(fmt.Sprintf("hint: wg keeps %d keys in files of its own; to store them in %s, too: wg-run migrate --from-wg", offered, m.scheme))
	}
	return nil
}

// wanted asks whether to store one of wg's keys; no without a terminal.
func (m *migration) wanted(k profiles.Kept) (bool, error) {
	if !term.IsTerminal(0) {
		return false, nil
	}
	err := confirm(fmt.Sprintf("store %s, which wg keeps in a file, as %s:%s?", names.Show(k.Name), m.scheme, names.Printable(k.Name)))
	if errors.Is(err, errNotConfirmed) {
		return false, nil
	}
	return err == nil, hint.Add(err, hint.Of(err))
}
