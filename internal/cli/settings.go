package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// newResolver makes the resolver that config.toml asks for.
func newResolver(home profiles.Home) (*resolve.Resolver, error) {
	r, _, err := settings(home)
	return r, err
}

// settings is newResolver with the rest of config.toml.
func settings(home profiles.Home) (*resolve.Resolver, profiles.Config, error) {
	c, err := home.Config()
	if errors.Is(err, fs.ErrPermission) && hint.Of(err) == "" { // HOME, as an image or sudo left it
		err = hint.Add(err, "is it yours? "+hint.Command("ls", "-la", home.Dir)+"; where it is another user's: export WG_HOME=/path/to/a/folder")
	}
	if err != nil {
		return nil, c, err
	}
	scheme, err := resolve.Storing(c.DefaultBackend)
	if err != nil { // judged where something is stored: a run needs none
		scheme = c.DefaultBackend
	}
	managers, err := resolve.UserManagers(c.Managers)
	if err != nil {
		return nil, c, fmt.Errorf("reading config.toml: %w", err)
	}
	r := &resolve.Resolver{Settings: resolve.Settings{
		Home:           home.Dir,
		DefaultBackend: scheme,
		AllowPlaintext: c.AllowPlaintext,
		Timeout:        c.Timeout,
		Person:         term.IsTerminal(2),
		Managers:       managers,
		Say:            say,
	}}
	if r.Person {
		r.Ask = askPerson
	}
	resolve.WithholdDescriptors()
	return r, c, nil
}

// known are the settings for what only shows references: without those of a
// config.toml that cannot be read, which is not its subject.
func known(home profiles.Home) *resolve.Settings {
	if r, err := newResolver(home); err == nil {
		return &r.Settings
	}
	return &resolve.Settings{}
}
