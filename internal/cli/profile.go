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

type profileCmd struct {
	Create profileCreate `cmd:"" help:"Write a profile."`
	Show   profileShow   `cmd:"" help:"Show a profile; references, never values."`
	List   profileList   `cmd:"" help:"List the profiles; * marks the active one."`
}

type profileCreate struct {
	Name        string `arg:"" help:"Name of the profile."`
	Model       string `short:"m" placeholder:"MODEL" help:"Model that the worker finds in WG_MODEL."`
	Secret      string `xor:"ref" placeholder:"NAME" help:"Stored secret that it uses (default: the profile's name)."`
	Ref         string `xor:"ref" placeholder:"REF" help:"Reference that it uses, as op://vault/item/field."`
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
	text, err := c.reference(r.DefaultBackend)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.Deadline())
	defer cancel()
	p := &profiles.Profile{Name: c.Name, Model: c.Model, Description: c.Description, APIKeyRef: text}
	if err := home.Create(ctx, p, c.Force); err != nil {
		return err
	}
	say("wrote profile " + names.Show(c.Name) + " with " + refOrNot(text))
	if ref, err := resolve.ParseRef(text); err == nil && r.Lacks(ctx, ref) {
		say("hint: the secret is not stored yet: " + r.SetCommand(ref))
	}
	return nil
}

// reference is the text of api_key_ref. A literal: is refused: it would put the
// secret into the file.
func (c *profileCreate) reference(defaultBackend string) (string, error) {
	if c.Ref != "" {
		ref, err := resolve.ParseRef(c.Ref)
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
	if _, err := resolve.Storing(defaultBackend); err != nil {
		return "", fmt.Errorf("creating the profile: default_backend of config.toml: %w", err)
	}
	return defaultBackend + ":" + secret, nil
}

type profileShow struct {
	Name string `arg:"" help:"Name of the profile."`
}

// Run prints one profile.
func (c *profileShow) Run() error {
	p, err := profiles.Locate().Profile(c.Name)
	if err != nil {
		return err
	}
	row("name", "%s", p.Name)
	optional := func(what, value string) {
		if value != "" {
			row(what, "%s", names.Printable(value))
		}
	}
	optional("about", p.Description)
	optional("model", p.Model)
	optional("secret", refOrNot(p.APIKeyRef))
	if p.APIKeyRef == "" && p.APIKeyEnv != "" {
		row("variable", "%s (deprecated)", names.Show(p.APIKeyEnv))
	}
	for _, s := range p.Secrets {
		row("secret", "%s: %s", s.Name, refOrNot(s.Ref))
	}
	optional("via", p.Via)
	optional("allow", strings.Join(p.Allow, ", "))
	optional("keep_env", strings.Join(p.KeepEnv, ", "))
	for _, v := range p.Env {
		row("env", "%s", names.Printable(v.Name))
	}
	return nil
}

// refOrNot shows a reference as it prints, and nothing of what is none.
func refOrNot(text string) string {
	if text == "" {
		return ""
	}
	ref, err := resolve.ParseRef(text)
	if err != nil {
		return "(not a reference; not shown, it may be a key)"
	}
	return ref.String()
}

type profileList struct{}

// Run lists the profiles.
func (profileList) Run() error {
	home := profiles.Locate()
	list, err := home.List()
	if err != nil {
		return err
	}
	active, err := home.Active()
	if err != nil && !errors.Is(err, profiles.ErrNoneActive) {
		return err
	}
	for _, name := range list {
		mark, about := " ", ""
		if name == active {
			mark = "*"
		}
		if p, err := home.Profile(name); err != nil {
			about = "(not readable: wg-run profile show " + name + ")"
		} else {
			about = strings.TrimSpace(refOrNot(p.APIKeyRef) + "  " + names.Printable(p.Model))
		}
		stdout("%s %-24s %s\n", mark, name, about)
	}
	return nil
}
