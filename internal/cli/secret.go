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
