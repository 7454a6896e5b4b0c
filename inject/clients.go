package inject

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

//go:embed clients.toml
var clientsTOML []byte

// Client is a program whose way of reading a secret is known: a table of clients.toml,
// which documents the keys, or of config.toml.
type Client struct {
	// Name is what --for takes.
	Name string `toml:"-" json:"name"`
	// Own: it stands in config.toml.
	Own bool `toml:"-" json:"own"`

	Title    string              `toml:"title" json:"title"`
	Programs []string            `toml:"programs" json:"programs,omitempty"`
	Secret   string              `toml:"secret" json:"secret,omitempty"`
	Env      map[string]string   `toml:"env" json:"env,omitempty"`
	Args     []string            `toml:"args" json:"args,omitempty"`
	ArgsOf   map[string][]string `toml:"args_of" json:"args_of,omitempty"`
	Place    string              `toml:"place" json:"place,omitempty"`
	Unset    []string            `toml:"unset" json:"unset,omitempty"`
	Via      string              `toml:"via" json:"via,omitempty"`
	Why      string              `toml:"why" json:"why,omitempty"`
	Newline  string              `toml:"newline" json:"newline,omitempty"`
	Format   string              `toml:"format" json:"format,omitempty"`
	Escape   string              `toml:"escape" json:"escape,omitempty"`
	With     map[string]string   `toml:"with" json:"with,omitempty"`
	Like     string              `toml:"like" json:"like,omitempty"`
}

// FindClient returns the client of that name: the user's own, of the table [clients] of
// config.toml as it was decoded, before one of wg-run's. Only its row is decoded.
func FindClient(name string, own map[string]any) (*Client, error) {
	if raw, ok := own[name]; ok {
		return ownClient(name, raw)
	}
	c, err := builtIn(name)
	if c == nil && err == nil {
		return nil, unknownClient(name, own)
	}
	return c, err
}

// Clients returns them all, sorted by name. The error is that of the first row of the user's
// that is wrong; the others are there all the same.
func Clients(own map[string]any) (list []*Client, err error) {
	all := append(builtInNames(), slices.Collect(maps.Keys(own))...)
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		c, wrong := FindClient(name, own)
		if wrong == nil {
			list = append(list, c)
		} else if err == nil {
			err = wrong
		}
	}
	return list, err
}

// builtIn is the client of that name in clients.toml, nil if there is none.
func builtIn(name string) (*Client, error) {
	c, err := decodeBuiltIn(name)
	if c != nil {
		c.complete()
	}
	return c, err
}

// decodeBuiltIn decodes one table. All of them would take longer than the rest of a start.
func decodeBuiltIn(name string) (*Client, error) {
	if !names.Valid(name) {
		return nil, nil
	}
	_, text, ok := bytes.Cut(clientsTOML, []byte("\n["+name+"]\n"))
	if !ok {
		return nil, nil
	}
	text, _, _ = bytes.Cut(text, []byte("\n["))
	c := &Client{Name: name}
	if _, err := tomlfile.Decode(text, c); err != nil {
		return nil, fmt.Errorf("reading [%s] of the built-in clients.toml: %w", name, err)
	}
	return c, nil
}

// builtInNames are the names of the tables of clients.toml.
func builtInNames() (list []string) {
	for line := range strings.Lines(string(clientsTOML)) {
		if name, ok := strings.CutPrefix(line, "["); ok {
			list = append(list, strings.TrimSuffix(name, "]\n"))
		}
	}
	return list
}

// unknownClient is the error for a name that is none.
func unknownClient(name string, own map[string]any) error {
	list, _ := Clients(own)
	return hint.Add(errors.New("there is no client "+names.Show(name)+meant(name, list)),
		"wg-run clients lists them; one of your own is a table [clients.NAME] in config.toml")
}

// meant names those that may be meant: by a slip, by a part of the name, by the program.
func meant(name string, list []*Client) string {
	var known, near []string
	for _, c := range list {
		known = append(known, c.Name)
		if slices.Contains(c.Programs, name) || len(name) > 2 && (strings.Contains(c.Name, name) || strings.HasPrefix(name, c.Name)) {
			near = append(near, "'"+c.Name+"'")
		}
	}
	if slip := names.Near(strings.ToLower(name), known); slip != "" && !slices.Contains(near, "'"+slip+"'") {
		near = append(near, "'"+slip+"'")
	}
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}
