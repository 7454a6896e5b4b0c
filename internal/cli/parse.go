package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// parse reads the flags of a run.
func parse(f *runFlags, args []string) error {
	if quick(f, args) {
		return nil
	}
	*f = runFlags{}
	k, err := kong.New(f, kong.Name("wg-run"), kong.NoDefaultHelp())
	if err != nil {
		return err
	}
	if _, err := k.Parse(args); err != nil {
		return restated(err, k.Model, args)
	}
	return nil
}

// commands is the grammar of everything but a run.
type commands struct {
	Secret  secretCmd  `cmd:"" help:"Store, show, list, check and remove secrets."`
	Profile profileCmd `cmd:"" help:"Make, show and list profiles."`
}

// command runs one of our commands and returns the exit code.
func command(args []string) int {
	var c commands
	k, err := kong.New(&c, kong.Name("wg-run"), compact)
	if err != nil {
		return complain(err, exitNo)
	}
	ctx, err := k.Parse(args)
	if err != nil {
		return complain(restated(err, k.Model, args), exitUsage)
	}
	switch err := ctx.Run(); {
	case err == errSaid:
		return exitNo
	case err != nil:
		return complain(err, exitNo)
	}
	return 0
}

var compact = kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true})

// errSaid is a failure of which all has been said.
var errSaid = errors.New("said")

// restated replaces the text of a parse error: kong quotes what was typed, and
// that may be a key. Texts that hold nothing but our own grammar stay.
func restated(err error, model *kong.Application, args []string) error {
	doing := "reading the command line: "
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "unknown flag"):
		return fmt.Errorf("%sunknown flag%s", doing, nearFlag(model, args))
	case strings.HasPrefix(text, "unexpected argument") && len(args) > 1 && args[0] == "secret" && args[1] == "set":
		return hint.Add(errors.New(doing+"'secret set' takes a name and nothing else: a value on the command line would be seen in ps and in the shell's history"),
			"wg-run secret set NAME, and type or paste the value when asked")
	case strings.HasPrefix(text, "unexpected argument"):
		return errors.New(doing + "a word too many, or no such command (not shown, it may be a key)" + nearCommand(model, args))
	case strings.HasPrefix(text, "expected \"<"), strings.HasPrefix(text, "expected one of"),
		strings.HasPrefix(text, "missing flags"), strings.HasSuffix(text, "can't be used together"):
		return hint.Add(errors.New(doing+text), helpLine(args))
	}
	return hint.Add(errors.New(doing+"a flag has no value, or one that it does not take (not shown, it may be a key)"), helpLine(args))
}

// nearFlag names the known flag that the first unknown one is closest to.
func nearFlag(model *kong.Application, args []string) string {
	var known []string
	for _, level := range model.Leaves(false) {
		for _, group := range level.AllFlags(false) {
			for _, f := range group {
				known = append(known, "--"+f.Name)
			}
		}
	}
	for _, f := range model.Flags {
		known = append(known, "--"+f.Name)
	}
	for _, a := range args {
		a, _, _ = strings.Cut(a, "=")
		if !strings.HasPrefix(a, "-") || contains(known, a) {
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

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// nearCommand names the subcommand that the second word is closest to.
func nearCommand(model *kong.Application, args []string) string {
	for _, c := range model.Children {
		if len(args) < 2 || c.Name != args[0] {
			continue
		}
		var known []string
		for _, sub := range c.Children {
			known = append(known, sub.Name)
		}
		if near := names.Near(args[1], known); near != "" && !contains(known, args[1]) {
			return "; did you mean 'wg-run " + c.Name + " " + near + "'?"
		}
	}
	return ""
}

func helpLine(args []string) string {
	line := "wg-run"
	for _, a := range args[:min(2, len(args))] {
		if strings.HasPrefix(a, "-") || names.LooksSecret(a) {
			break
		}
		line += " " + a
	}
	return line + " --help"
}
