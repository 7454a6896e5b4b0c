package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// errSaid is a failure of which all has been said.
var errSaid = errors.New("said")

// restated replaces the text of a parse error: kong quotes what was typed, and
// that may be a key. Texts that hold nothing but our own grammar stay.
func restated(err error, model *kong.Application, args []string) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok { // --help to a full disk
		return fmt.Errorf("writing the answer: %w", pe)
	}
	doing := "reading the command line: "
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "unknown flag"):
		return hint.Add(fmt.Errorf("%sunknown flag%s", doing, nearFlag(model, args)), helpLine(model, args))
	case strings.HasPrefix(text, "unexpected argument") && len(args) > 1 && args[0] == "secret" && args[1] == "set":
		return hint.Add(errors.New(doing+"'secret set' takes a name and nothing else: a value on the command line would be seen in ps and in the shell's history"),
			"wg-run secret set NAME, and type or paste the value when asked")
	case strings.HasPrefix(text, "unexpected argument"):
		return hint.Add(errors.New(doing+"a word too many, or no such command (not shown, it may be a key)"+nearCommand(model, args)), helpLine(model, args))
	case strings.HasPrefix(text, "expected \"<"), strings.HasPrefix(text, "expected one of"),
		strings.HasPrefix(text, "missing flags"), strings.HasSuffix(text, "can't be used together"):
		return hint.Add(errors.New(doing+text), helpLine(model, args))
	}
	if rule, _, ok := strings.Cut(text, " but got "); ok && strings.Contains(rule, " must be one of ") {
		return hint.Add(errors.New(doing+rule), helpLine(model, args))
	}
	flag, _, _ := strings.Cut(text, ":")
	flag, _, _ = strings.Cut(flag, "=")
	if strings.Contains(text, "expected duration") || strings.Contains(text, "invalid duration") {
		return hint.Add(fmt.Errorf("reading %s: not a duration", flag), durationHint)
	}
	if slices.Contains(flagNames(model, args), flag) {
		return hint.Add(errors.New(doing+flag+" has no value, or one that it does not take (not shown, it may be a key)"), helpLine(model, args))
	}
	return hint.Add(errors.New(doing+"a flag has no value, or one that it does not take (not shown, it may be a key)"), helpLine(model, args))
}

const durationHint = "a number and its unit, as 30s, 30m or 8h"

// nearFlag names the known flag that the first unknown one is closest to.
func nearFlag(model *kong.Application, args []string) string {
	known := flagNames(model, args)
	for _, a := range args {
		a, _, _ = strings.Cut(a, "=")
		if !strings.HasPrefix(a, "-") || slices.Contains(known, a) {
			continue
		}
		shown := ""
		if !names.LooksSecret(strings.TrimLeft(a, "-")) {
			shown = " '" + a + "'"
		}
		if near := names.Near(a, known); near != "" {
			shown += " (did you mean " + near + "?)"
		}
		return shown
	}
	return ""
}

// flagNames lists the flags of the command that args choose, as "--name".
func flagNames(model *kong.Application, args []string) []string {
	node := model.Node
	for _, a := range args {
		for _, child := range node.Children {
			if child.Name == a {
				node = child
			}
		}
	}
	var known []string
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			known = append(known, "--"+f.Name)
		}
	}
	return known
}

// nearCommand names the subcommand that the first word which is none is closest to.
func nearCommand(model *kong.Application, args []string) string {
	node, line := model.Node, "wg-run"
	for _, a := range args {
		var known []string
		var next *kong.Node
		for _, c := range node.Children {
			known = append(known, c.Name)
			if c.Name == a {
				next = c
			}
		}
		if next != nil {
			node, line = next, line+" "+a
			continue
		}
		if near := names.Near(a, known); near != "" {
			return "; did you mean '" + line + " " + near + "'?"
		}
		return deeper(node, line, a)
	}
	return ""
}

// helpLine is the command that explains the command which args begin with.
func helpLine(model *kong.Application, args []string) string {
	node, line := model.Node, model.Name
	for _, a := range args {
		i := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == a })
		if i < 0 {
			break
		}
		node, line = node.Children[i], line+" "+a
	}
	return line + " --help"
}
