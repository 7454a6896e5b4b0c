package cli

import (
	"context"
	"fmt"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type secretSet struct {
	Name      string `arg:"" help:"Name to store it under."`
	Backend   string `placeholder:"BACKEND" predictor:"backend" help:"keyring, age or plaintext (default: default_backend of config.toml, else keyring)."`
	FromStdin bool   `help:"Read the value from standard input instead of asking."`
}

// Run stores one secret.
func (c *secretSet) Run() error {
	if err := newName(c.Name); err != nil {
		return fmt.Errorf("storing a secret: %w", err)
	}
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	scheme, err := c.place(r)
	if err != nil {
		return err
	}
	if err := r.Unlock(context.Background(), scheme); err != nil { // before a value is asked for that cannot be stored
		return c.storing(scheme, err)
	}
	value, err := readValue(c.Name, c.FromStdin)
	if err != nil {
		return fmt.Errorf("reading the value: %w", err)
	}
	secret := resolve.NewSecret(value)
	defer secret.Wipe()
	replaced, err := r.Set(context.Background(), scheme, c.Name, secret)
	if err != nil {
		return err
	}
	tellStored(scheme, c.Name)
	done := "stored"
	if replaced {
		done = "replaced"
	}
	say(fmt.Sprintf("%s %s in %s (%d bytes)", done, names.Show(c.Name), scheme, secret.Len()))
	if c.Backend == "" && scheme != r.DefaultBackend {
		say(fmt.Sprintf("hint: its reference is %s:%s; what %s has under that name stays as it is; to store in %[1]s from now on: wg-run secret backend set %[1]s",
			scheme, names.Or(c.Name, "NAME"), r.DefaultBackend))
	}
	return nil
}

// place is where the secret goes, before anybody is asked for it. Where the default
// backend is not there at all and none was named, another one that is there is
// taken, plaintext only if the settings allow it, and that is said. Locked or failing is no reason.
func (c *secretSet) place(r *resolve.Resolver) (string, error) {
	ctx := context.Background()
	if c.Backend != "" {
		scheme, err := resolve.Storing(c.Backend)
		if err != nil {
			return "", fmt.Errorf("choosing the backend: %w", err)
		}
		return scheme, c.storing(scheme, r.Ready(ctx, scheme))
	}
	scheme, err := resolve.Storing(r.DefaultBackend)
	if err != nil {
		return "", fmt.Errorf("storing a secret: default_backend of config.toml: %w", err)
	}
	err = r.Ready(ctx, scheme)
	if resolve.OutcomeOf(err) == resolve.Unavailable {
		for _, other := range r.Usable() {
			if other == scheme {
				continue
			}
			there := r.Ready(ctx, other)
			if there == nil {
				why := "which is there"
				if other == "plaintext" {
					why = "which config.toml allows"
				}
				say(fmt.Sprintf("%s: %v; storing in %s, %s", scheme, err, other, why))
				return other, nil
			}
			if resolve.OutcomeOf(there) == resolve.Failed { // and not in a weaker one behind it
				return other, c.storing(other, there)
			}
		}
	}
	return scheme, c.storing(scheme, err)
}

func (c *secretSet) storing(scheme string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("storing %s in %s: %w", names.Show(c.Name), scheme, err)
}
