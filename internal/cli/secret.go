package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type secretCmd struct {
	Set   secretSet   `cmd:"" help:"Store a secret: asks for it with echo off, or reads standard input with --from-stdin."`
	Get   secretGet   `cmd:"" help:"Show that a secret resolves, its size and its backend; never the value without --reveal."`
	Check secretCheck `cmd:"" help:"Exit with 0 if a secret resolves, with 1 if not."`
	List  secretList  `cmd:"" help:"List the names of stored secrets and where they are."`
	Rm    secretRm    `cmd:"" help:"Remove a stored secret."`

	Backend    secretBackend    `cmd:"" help:"Show and choose backends."`
	Recipients secretRecipients `cmd:"" help:"Show and change who can decrypt the age store."`

	GitSetup    gitSetup    `cmd:"" name:"git-setup" help:"Have git merge and compare the age store, and keep private files out."`
	GitMerge    gitMerge    `cmd:"" name:"git-merge" help:"Merge two versions of the age store; for git."`
	GitTextconv gitTextconv `cmd:"" name:"git-textconv" help:"Describe a version of the age store, without values; for git."`
}

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
	done := "stored"
	if replaced {
		done = "replaced"
	}
	say(fmt.Sprintf("%s %s in %s (%d bytes)", done, names.Show(c.Name), scheme, secret.Len()))
	if c.Backend == "" && scheme != r.DefaultBackend {
		say(fmt.Sprintf("hint: its reference is %s:%s; what %s has under that name stays as it is; to store there from now on: wg-run secret backend set %s",
			scheme, names.Or(c.Name, "NAME"), r.DefaultBackend, scheme))
	}
	return nil
}

// place is where the secret goes, before anybody is asked for it. Where the default
// backend is not there at all and none was named, another one that the settings
// allow is taken, and that is said. Locked or failing is no reason.
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
				say(fmt.Sprintf("%s: %v; storing in %s, which config.toml allows", scheme, err, other))
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

type secretGet struct {
	Secret string `arg:"" name:"name|ref" predictor:"secret-or-ref" help:"Name to search for, or a reference such as op://vault/item/field."`
	Reveal bool   `help:"Print the value itself on standard output."`
}

// Run shows one secret.
func (c *secretGet) Run() error {
	secret, ref, label, err := resolveArg(c.Secret)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	if !c.Reveal {
		stdout("%s: %d bytes, from %s\n", label, secret.Len(), secret.Source)
		return nil
	}
	if err := auditRevealing(ref, secret.Source); err != nil {
		return err
	}
	say("warning: the value of " + label + " is printed in the clear")
	if _, err := os.Stdout.Write(secret.Bytes()); err != nil {
		return fmt.Errorf("printing the value: %w", err)
	}
	if term.IsTerminal(1) {
		stdout("\n")
	}
	return nil
}

type secretCheck struct {
	Secret string `arg:"" name:"name|ref" predictor:"secret-or-ref" help:"Name to search for, or a reference."`
}

// Run resolves one secret and says where it was found.
func (c *secretCheck) Run() error {
	secret, _, label, err := resolveArg(c.Secret)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	stdout("%s: found in %s\n", label, secret.Source)
	return nil
}

// resolveArg resolves what a command takes as NAME|REF: with a colon it is a
// reference, without one a name to search for. label is how to print it.
func resolveArg(arg string) (secret *resolve.Secret, ref resolve.Ref, label string, err error) {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return nil, ref, "", err
	}
	ref = resolve.Auto(arg, "")
	if strings.Contains(arg, ":") {
		if ref, err = r.ParseRef(arg); err != nil {
			return nil, ref, "", fmt.Errorf("reading the reference: %w", err)
		}
		label = ref.String()
	} else if !names.Valid(arg) {
		return nil, ref, "", errors.New("reading the name: not a valid name: " + names.Rule)
	} else {
		label = names.Show(arg)
	}
	secret, err = r.Resolve(context.Background(), ref)
	return secret, ref, label, err
}
