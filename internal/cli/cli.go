// Package cli is the command line: it reads flags, asks the other packages and
// prints. It is the only importer of kong. What stands behind the first "--" is
// the worker's and is never parsed.
package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/verify"
)

// commandNames are the words that are commands of ours and not workers.
var commandNames = []string{"secret", "profile", "doctor", "migrate", "completion", "broker", "clients", "verify"}

// Main runs wg-run with the process's arguments and ends the process.
func Main() {
	if os.Args[0] == fdpass.DirectoryRole {
		os.Exit(fdpass.ServeDirectory(os.Args[1:]))
	}
	if verify.Staged() {
		os.Exit(verify.Stage())
	}
	code := run(os.Args[1:])
	if code == 0 && stdoutErr != nil {
		code = complain(stdoutErr, exitNo)
	}
	os.Exit(code)
}

// run returns the exit code; for a worker only if it was not started.
func run(args []string) (code int) {
	ours, worker, dashes := split(args)
	defer func() {
		if p := recover(); p != nil {
			code = crashed(p, dashes)
		}
	}()
	switch {
	case answering(args):
		return answer(os.Stdin)
	case len(args) == 2 && args[0] == "broker" && brokerRoles[args[1]] != nil:
		return brokerRole(args[1])
	case dashes && (slices.Contains(ours, "--help") || slices.Contains(ours, "-h")):
		if ours[0] == "broker" || ours[0] == "verify" {
			return command([]string{ours[0], "--help"})
		}
		return topFlags(nil)
	case len(ours) > 0 && slices.Contains(commandNames, ours[0]):
		if dashes {
			switch ours[0] {
			case "broker":
				return runBroker(ours[1:], worker)
			case "verify":
				return runVerify(ours[1:], worker)
			}
			return complain(errNoDashes, exitRefused)
		}
		return command(ours)
	case dashes:
		return runWorker(ours, worker)
	case len(ours) == 0 || ours[0] == "help" || strings.HasPrefix(ours[0], "-"):
		return topFlags(ours)
	}
	return complain(unknownWord(ours, nil), exitUsage)
}

var errNoDashes = hint.Add(errors.New("reading the command line: a command of wg-run takes no '--'"), hintDashes)

// split cuts args at the first "--".
func split(args []string) (ours, worker []string, dashes bool) {
	i := slices.Index(args, "--")
	if i < 0 {
		return args, nil, false
	}
	return args[:i], args[i+1:], true
}

// unknownWord is the error for a line whose first word is neither a flag nor a
// command: a mistyped command must not become a worker by accident.
func unknownWord(args, worker []string) error {
	text := "reading the command line: " + names.Show(args[0]) + " is no command of wg-run"
	if len(args) == 1 && args[0] == "version" && worker == nil {
		return hint.Add(errors.New(text), "wg-run --version")
	}
	if near := names.Near(args[0], commandNames); near != "" {
		text += fmt.Sprintf(" (did you mean '%s'?)", near)
	} else if k, err := kong.New(&commands{}, kong.Name("wg-run"), lists()); err == nil {
		text += deeper(k.Model.Node, "wg-run", args[0])
	}
	line := []string{"wg-run", "--"}
	for _, a := range append(args[:len(args):len(args)], worker...) {
		if names.LooksSecret(a) || strings.Contains(a, "literal:") {
			a = "…"
		}
		line = append(line, a)
	}
	return hint.Add(errors.New(text), "to run it as a worker: "+hint.Command(line...))
}

// deeper names the commands called word that stand one level below node.
func deeper(node *kong.Node, line, word string) string {
	var found []string
	for _, c := range node.Children {
		if slices.ContainsFunc(c.Children, func(n *kong.Node) bool { return n.Name == word }) {
			found = append(found, "'"+line+" "+c.Name+" "+word+"'")
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(found, " or ") + "?"
}

// crashed reports a panic without its value, which could hold a secret; a
// runtime error's text is the runtime's own.
func crashed(p any, dashes bool) int {
	err := errors.New("internal error, which is a bug of wg-run")
	if re, ok := p.(runtime.Error); ok {
		err = fmt.Errorf("%w: %w", err, re)
	}
	if dashes {
		return complain(err, exitRefused)
	}
	return complain(err, exitNo)
}

// complain prints an error and its hint and returns the code.
func complain(err error, code int) int {
	for _, line := range complaint(err) {
		fmt.Fprintln(os.Stderr, line)
	}
	return code
}

// complaint is what is said of an error: its text, and its hint.
func complaint(err error) []string {
	lines := []string{ourLine(err.Error())}
	if h := hint.Of(err); h != "" {
		lines = append(lines, ourLine("hint: "+h))
	}
	return lines
}

// say prints one line.
func say(line string) { fmt.Fprintln(os.Stderr, ourLine(line)) }

// ourLine is a line of ours; what a terminal would obey in it is escaped.
func ourLine(line string) string { return "wg-run: " + names.Escaped(line) }

// runCode maps the error of a run to its exit code.
func runCode(err error) int {
	switch {
	case errors.Is(err, inject.ErrNotExecutable):
		return exitNotExecutable
	case errors.Is(err, inject.ErrNoWorker):
		return exitNoWorker
	}
	return exitRefused
}

// counted is a number with its noun.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
