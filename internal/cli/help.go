package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
)

const description = `Usage: wg-run [flags] -- WORKER [ARG...]
       wg-run broker [flags] -- DISPATCHER [ARG...]
       wg-run verify [flags] -- WORKER [ARG...]
       wg-run COMMAND ...

Start a program with a secret on an inherited file descriptor, so that it is in
no argument, no environment and no file. The worker finds the descriptor's
number in WG_API_KEY_FD and a path to it in WG_API_KEY_FILE.

`

// topLine is the grammar of a line without a worker.
type topLine struct {
	runFlags
	Version kong.VersionFlag `help:"Print version, commit and Go version."`
}

// topFlags answers a line that starts with a flag and has no "--": --help,
// --version, or a run whose "--" was forgotten.
func topFlags(args []string) int {
	var f topLine
	if len(args) == 0 || args[0] == "help" {
		args = []string{"--help"}
	}
	k, err := kong.New(&f, kong.Name("wg-run"), lists(), compact,
		kong.Vars{"version": version()}, kong.Help(printTopHelp))
	if err != nil {
		return complain(err, exitNo)
	}
	if _, err := k.Parse(args); err != nil {
		if !strings.HasPrefix(err.Error(), "unexpected argument") {
			return complain(hint.Add(restated(err, k.Model, args), "wg-run --help"), exitUsage)
		}
	}
	return complain(hint.Add(errors.New("reading the command line: there is no '--' before the worker"), meantLine(args)), exitUsage)
}

// meantLine is the line that was meant, by the flags that say what to deliver.
func meantLine(args []string) string {
	given := func(flag string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") })
	}
	switch {
	case given("--profile"):
		return hintDashes
	case given("--ref"):
		return "wg-run --ref REF -- WORKER [ARG...]"
	case given("--secret"):
		return "wg-run --secret NAME=REF -- WORKER [ARG...]"
	}
	return hintDashes + "; or, with the active profile: wg-run -- WORKER [ARG...]"
}

// lists is what help texts say of THE LISTs.
func lists() kong.Vars {
	var channels []string
	for _, c := range fdpass.Channels() {
		name := c.Name
		if c.Place == fdpass.InEnvironment {
			name += ":VAR"
		}
		channels = append(channels, name)
	}
	channels[0] += " (the default)"
	last := len(channels) - 1
	return kong.Vars{"channels": strings.Join(channels[:last], ", ") + " or " + channels[last]}
}

const hintDashes = "wg-run --profile NAME -- WORKER [ARG...]"

// printHelp is the help of a command. What stands before a "--" is no line of kong's.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	switch node := ctx.Selected(); {
	case node == nil:
	case node.Path() == "broker":
		options.NoAppSummary = true
		stdout("Usage: wg-run %s\n       wg-run broker status|forget|reload [flags]\n\n", brokerLine)
	case node.Path() == "verify":
		options.NoAppSummary = true
		stdout("Usage: wg-run verify [flags] -- WORKER [ARG...]\n\n")
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

const brokerLine = "broker [--ttl D] [--profile NAME]... -- DISPATCHER [ARG...]"

// printTopHelp puts the worker into the usage line and the commands, as their own
// grammar describes them, below the flags.
func printTopHelp(options kong.HelpOptions, ctx *kong.Context) error {
	stdout("%s", description)
	options.NoAppSummary = true
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	var c commands
	k, err := kong.New(&c, kong.Name("wg-run"), lists())
	if err != nil {
		return err
	}
	entry := func(indent int, what, help string) {
		lines := wrapped(help, 80-3-indent)
		stdout("  %-*s %s\n", indent, what, strings.Join(lines, "\n"+strings.Repeat(" ", indent+3)))
	}
	stdout("\nCommands:\n")
	for _, leaf := range k.Model.Leaves(true) {
		if leaf.FullPath() == "wg-run broker status" {
			entry(22, "broker -- DISPATCHER", leaf.Parent.Help)
		}
		line := strings.TrimPrefix(leaf.FullPath(), "wg-run ")
		if line == "verify" {
			line += " -- WORKER"
		}
		entry(22, line, leaf.Help)
	}
	stdout("\nReferences:\n")
	for _, b := range known(profiles.Locate()).Backends() {
		entry(20, b.Scheme+":", names.Printable(b.Help)) // a user's row: what a terminal would obey
	}
	entry(20, "auto:", "the first of the stores above that has it")
	stdout("\nExit status:\n")
	for _, e := range exitCodes {
		entry(16, fmt.Sprintf("%-8s %s", e.of, e.shown()), e.means)
	}
	stdout("\nFiles are in ~/.wg, or $WG_HOME; $WG_PROFILE names a profile.\nMore: wg-run COMMAND --help, docs/, and: man wg-run\n")
	return nil
}

// wrapped is text in lines of at most width characters, where its words allow.
func wrapped(text string, width int) (lines []string) {
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && utf8.RuneCountInString(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
