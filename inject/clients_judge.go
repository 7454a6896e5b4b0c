package inject

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/names"
)

// The values that some keys take.
var (
	clientNewlines = []string{"", "keep", "add", "strip"}
	clientEscapes  = []string{"", "pgpass", "curl", "netrc", "mycnf", "npmrc", "json", "url", "line", "bare"}
)

const afterWord = "after "

// judge refuses a row that could not work, or would mean something else than it says. What is
// wrong is named by its key, and not repeated.
func (c *Client) judge() error {
	_, noChannel := fdpass.Find(c.Via)
	switch {
	case len(c.Env)+len(c.Args)+len(c.ArgsOf) == 0 && c.Via == "" && c.Format == "":
		return errors.New("it does not say how the program gets the secret: env, args, via or format")
	case !slices.Contains(clientNewlines, c.Newline):
		return errors.New(`newline: it is "add", "strip" or "keep"`)
	case !slices.Contains(clientEscapes, c.Escape):
		return errors.New("escape: it is one of " + strings.Join(clientEscapes[1:], ", "))
	case c.Escape != "" && c.Format == "":
		return errors.New("escape: there is no format to write the value in")
	case c.Format != "" && !strings.Contains(c.Format, "{value}"):
		return errors.New("format: it has no {value}")
	case noChannel != nil && !errors.Is(noChannel, fdpass.ErrUnsupported):
		return fmt.Errorf("via: %w", noChannel)
	case !isPlace(c.Place):
		return errors.New(`place: it is "program", "subcommand", "after WORD", "end" or "--"`)
	}
	for name := range c.Env {
		if !names.ValidVariable(name) {
			return errors.New("env: not the name of a variable (not shown, it may be a key)")
		}
		if strings.HasPrefix(name, "WG_") {
			return errors.New("env: variables that begin with WG_ are wg-run's own")
		}
	}
	for _, name := range c.Unset {
		if !names.ValidVariable(name) || IsNeeded(name) {
			return errors.New("unset: not the name of a variable that a worker can do without (not shown, it may be a key)")
		}
	}
	return c.judgePlaceholders()
}

func isPlace(place string) bool {
	word, after := strings.CutPrefix(place, afterWord)
	return slices.Contains([]string{"", "program", "subcommand", "end", "--"}, place) || after && word != ""
}

// ourPlaceholders have a value without with.
var ourPlaceholders = []string{"fd", "path", "value"}

// judgePlaceholders wants a value for each, and the secret nowhere but in the format.
func (c *Client) judgePlaceholders() error {
	given := slices.Collect(maps.Keys(c.With))
	for _, ours := range ourPlaceholders {
		if slices.Contains(given, ours) {
			return fmt.Errorf("with: {%s} has a value already", ours)
		}
	}
	check := func(key string, ours []string, texts ...string) error {
		text := strings.Join(texts, "\n")
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("%s: a NUL byte cannot be handed over", key)
		}
		for _, p := range placeholders(text) {
			switch {
			case slices.Contains(ours, p), slices.Contains(given, p):
			case p == "value":
				return fmt.Errorf("%s: {value} is for the format alone: what stands here can be seen by everybody", key)
			default:
				return fmt.Errorf("%s: nothing gives {%s} a value: with = { %s = \"…\" }", key, names.Or(p, "…"), names.Or(p, "…"))
			}
		}
		return nil
	}
	place := []string{"fd", "path"}
	args := c.allArgs()
	return errors.Join(
		check("env", place, slices.Collect(maps.Values(c.Env))...),
		check("args", place, args...),
		check("format", []string{"value"}, c.Format))
}

// judgeWith wants what a row of the user's itself says in with to be used, and to be of one line.
func (c *Client) judgeWith(said map[string]any) error {
	used := placeholders(strings.Join(slices.Concat(slices.Collect(maps.Values(c.Env)), c.allArgs(), []string{c.Format, c.Secret}), "\n"))
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if slices.Contains(ourPlaceholders, name) {
			continue // judgePlaceholders says why not
		}
		if !slices.Contains(used, name) {
			meant := ""
			if near := names.Near(name, used); near != "" {
				meant = " (did you mean {" + near + "}?)"
			}
			return fmt.Errorf("with: nothing uses {%s}%s", names.Or(name, "…"), meant)
		}
		if strings.ContainsFunc(c.With[name], unicode.IsControl) {
			return fmt.Errorf("with: %s: it holds a control character, such as a line break", names.Or(name, "…"))
		}
	}
	return nil
}

func (c *Client) allArgs() []string {
	return append(slices.Concat(slices.Collect(maps.Values(c.ArgsOf))...), c.Args...)
}

// placeholders are the names that stand in braces, as {host}.
func placeholders(text string) (list []string) {
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return list
		}
		name, _, closed := strings.Cut(rest, "}")
		if closed && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == "" {
			list = append(list, name)
		}
		text = rest
	}
}

// complete puts the values of with in.
func (c *Client) complete() {
	if len(c.With) == 0 {
		return
	}
	var pairs []string
	for name, value := range c.With {
		pairs = append(pairs, "{"+name+"}", value)
	}
	r := strings.NewReplacer(pairs...)
	for name, value := range c.Env {
		c.Env[name] = r.Replace(value)
	}
	for _, list := range append(slices.Collect(maps.Values(c.ArgsOf)), c.Args) {
		for i := range list {
			list[i] = r.Replace(list[i])
		}
	}
	c.Format, c.Secret = r.Replace(c.Format), r.Replace(c.Secret)
}
