package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type profileCmd struct {
	Create profileCreate `cmd:"" help:"Write a profile."`
	Use    profileUse    `cmd:"" help:"Make a profile the active one, once all of its secrets resolve."`
	List   profileList   `cmd:"" help:"List the profiles; * marks the active one."`
	Show   profileShow   `cmd:"" help:"Show a profile; references, never values."`
	Rm     profileRm     `cmd:"" help:"Remove a profile; its secrets stay."`
}

type profileCreate struct {
	Name        string `arg:"" help:"Name of the profile."`
	Model       string `short:"m" placeholder:"MODEL" help:"Model that the worker finds in WG_MODEL."`
	Secret      string `xor:"ref" placeholder:"NAME" predictor:"secret" help:"Stored secret that it uses (default: the profile's name)."`
	Ref         string `xor:"ref" placeholder:"REF" predictor:"ref" help:"Reference that it uses, as op://vault/item/field."`
	Description string `placeholder:"TEXT" help:"What it is for."`
	Force       bool   `help:"Replace a profile of that name."`
}

// Run writes one profile.
func (c *profileCreate) Run() error {
	if err := newName(c.Name); err != nil {
		return fmt.Errorf("creating the profile: %w", err)
	}
	home := profiles.Locate()
	r, err := newResolver(home)
	if err != nil {
		return err
	}
	text, err := c.reference(r)
	if err != nil {
		return err
	}
	p := &profiles.Profile{Name: c.Name, Model: c.Model, Description: c.Description, APIKeyRef: text}
	ctx, cancel := locking(home)
	err = home.Create(ctx, p, c.Force)
	cancel()
	if err != nil {
		return err
	}
	say("wrote profile " + names.Show(c.Name) + " with " + refOrNot(&r.Settings, text))
	if ref, err := r.ParseRef(text); err == nil {
		remarkOn(context.Background(), r, ref)
	}
	return nil
}

// locking bounds the wait for the lock of our folder, and says so where it is long.
func locking(home profiles.Home) (context.Context, context.CancelFunc) {
	config, _ := home.Config() // what is wrong with it is no reason not to write elsewhere
	s := resolve.Settings{Timeout: config.Timeout, Person: term.IsTerminal(2)}
	ctx, cancel := context.WithTimeout(context.Background(), s.Deadline())
	if !s.Person {
		return ctx, cancel
	}
	t := time.AfterFunc(time.Second, func() {
		say(fmt.Sprintf("waiting up to %v for another wg-run, which writes there (ctrl-c gives up)", s.Deadline()))
	})
	return ctx, func() { t.Stop(); cancel() }
}

// remarkOn says so where a reference surely resolves to nothing yet.
func remarkOn(ctx context.Context, r *resolve.Resolver, ref resolve.Ref) {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // a remark is not worth more
	defer cancel()
	if err := r.Check(ctx, ref.Scheme); resolve.OutcomeOf(err) == resolve.Unavailable {
		err = fmt.Errorf("warning: at the moment it cannot be resolved here: %w", err)
		if b := r.BackendOf(ref.Scheme); b != nil && b.Store != nil {
			err = hint.Add(err, "where it is not to be here: wg-run secret backend show, wg-run secret backend set BACKEND, and this again with --force")
		}
		_ = complain(err, 0)
		return
	}
	if r.Lacks(ctx, ref) {
		say("hint: the secret is not stored yet: " + r.SetCommand(ref))
	}
}

// reference is the text of api_key_ref. A literal: is refused: it would put the
// secret into the file.
func (c *profileCreate) reference(r *resolve.Resolver) (string, error) {
	if c.Ref != "" {
		ref, err := r.ParseRef(c.Ref)
		if err == nil && ref.Scheme == "literal" {
			err = hint.Add(errors.New("literal: would write the secret into the profile"), "wg-run secret set NAME, then --secret NAME")
		}
		if err != nil {
			return "", fmt.Errorf("creating the profile: reading --ref: %w", err)
		}
		return c.Ref, nil
	}
	secret := c.Secret
	if secret == "" {
		secret = c.Name
	}
	if err := newName(secret); err != nil {
		return "", fmt.Errorf("creating the profile: the secret: %w", err)
	}
	scheme, err := resolve.Storing(r.DefaultBackend)
	if err != nil {
		return "", fmt.Errorf("creating the profile: default_backend of config.toml: %w", err)
	}
	return holder(r, scheme, secret) + ":" + secret, nil
}

// holder is the default backend, or, where that is not there at all, another one that holds the
// secret: secret set took it for the same reason. That is said.
func holder(r *resolve.Resolver, scheme, secret string) string {
	err := r.Check(context.Background(), scheme)
	if resolve.OutcomeOf(err) != resolve.Unavailable {
		return scheme
	}
	for _, other := range r.Usable() {
		if other != scheme && r.Has(other, secret) {
			say(fmt.Sprintf("%s: %v; %s is in %s", scheme, err, names.Show(secret), other))
			return other
		}
	}
	return scheme
}

// refOrNot shows a reference as it prints, and nothing of what is none.
func refOrNot(s *resolve.Settings, text string) string {
	if text == "" {
		return ""
	}
	ref, err := s.ParseRef(text)
	if err != nil {
		return "(not a reference; not shown, it may be a key)"
	}
	return ref.String()
}
