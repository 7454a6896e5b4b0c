package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type secretList struct {
	JSON   bool `name:"json" help:"Print one JSON object."`
	Unlock bool `help:"Have a locked age store opened, which may ask for its passphrase."`
}

type listed struct {
	Name    string `json:"name"`
	Backend string `json:"backend"`
}

// Run lists all stored secrets.
func (c *secretList) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	all := []listed{}
	failed := false
	for _, scheme := range r.Usable() {
		list, err := namesIn(r, scheme, c.Unlock)
		switch resolve.OutcomeOf(err) {
		case resolve.Unavailable:
			if scheme == r.DefaultBackend {
				say(err.Error())
			}
		case resolve.Failed:
			failed = true
			if errors.Is(err, resolve.ErrLocked) && !c.Unlock && r.BackendOf(scheme).Store.Unlock != nil {
				err = hint.Add(err, "listing asks nobody; wg-run secret list --unlock does")
			}
			complain(err, exitNo)
		}
		for _, name := range list {
			all = append(all, listed{name, scheme})
		}
	}
	if c.JSON {
		err = printJSON(map[string]any{"secrets": all})
	} else {
		for _, l := range all {
			stdout("%-32s %s\n", names.Printable(l.Name), l.Backend)
		}
	}
	if err == nil && failed {
		return errSaid
	}
	return err
}

// namesIn lists a store, which may ask a person only where that is wanted.
func namesIn(r *resolve.Resolver, scheme string, unlock bool) ([]string, error) {
	list, err := r.List(context.Background(), scheme)
	if unlock && errors.Is(err, resolve.ErrLocked) {
		if err := r.Unlock(context.Background(), scheme); err != nil {
			return nil, err
		}
		return r.List(context.Background(), scheme)
	}
	return list, err
}

// newName refuses a name to store under that is not valid, or that is a pasted
// key: names are shown in listings.
func newName(name string) error {
	if !names.Valid(name) {
		return errors.New("not a valid name: " + names.Rule)
	}
	if names.IsPastedKey(name) {
		return hint.Add(errors.New("the name looks like a key (not shown)"),
			"a name of your own comes here, such as 'openrouter'; the value is asked for")
	}
	return nil
}

type secretRm struct {
	Name    string `arg:"" predictor:"secret" help:"Name of the secret."`
	Backend string `placeholder:"BACKEND" predictor:"backend" help:"Remove it from this backend; needed where several have it."`
	Yes     bool   `help:"Do not ask."`
}

// Run removes one secret from the one backend that has it.
func (c *secretRm) Run() error {
	if !names.Valid(c.Name) {
		return errors.New("removing a secret: not a valid name: " + names.Rule)
	}
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	scheme, err := c.holder(r)
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := confirm(fmt.Sprintf("remove %s from %s?", names.Show(c.Name), scheme)); err != nil {
			return fmt.Errorf("removing %s from %s: %w", names.Show(c.Name), scheme, err)
		}
	}
	if err := r.Remove(context.Background(), scheme, c.Name); err != nil {
		return err
	}
	tellStored(scheme, c.Name)
	say(fmt.Sprintf("removed %s from %s", names.Show(c.Name), scheme))
	return nil
}

// holder finds the one backend that has the secret.
func (c *secretRm) holder(r *resolve.Resolver) (string, error) {
	if c.Backend != "" {
		scheme, err := resolve.Storing(c.Backend)
		if err != nil {
			return "", fmt.Errorf("choosing the backend: %w", err)
		}
		return scheme, nil
	}
	var holders []string
	for _, scheme := range r.Usable() {
		list, err := namesIn(r, scheme, true)
		if resolve.OutcomeOf(err) == resolve.Failed {
			return "", err
		}
		for _, name := range list {
			if name == c.Name {
				holders = append(holders, scheme)
			}
		}
	}
	switch len(holders) {
	case 0:
		return "", hint.Add(fmt.Errorf("removing %s: %w", names.Show(c.Name), resolve.ErrNotFound), "wg-run secret list")
	case 1:
		return holders[0], nil
	}
	return "", hint.Add(fmt.Errorf("removing %s: several backends have it: %s", names.Show(c.Name), strings.Join(holders, ", ")),
		"wg-run secret rm "+names.Or(c.Name, "NAME")+" --backend "+holders[0])
}
