package inject

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// Notes are what a person should know of a run for this client with that line, before it
// starts. via is the channel that was asked for, "" if none was.
func (c *Client) Notes(via string, argv []string) (list []string) {
	if via == "" && c.Via != "" && c.Why != "" {
		list = append(list, c.Name+" gets its secret in a "+c.Via+", not in a pipe: "+c.Why)
	}
	switch {
	case c.Via == "memfd" && c.Why != "" && slices.Contains([]string{"pipe", "socket", "stdin"}, via):
		list = append(list, "warning: --via "+via+" may not do for "+c.Name+": "+c.Why)
	case c.Via == "stdin" && via != "" && via != "stdin":
		list = append(list, "warning: "+c.Name+" reads its secret from standard input, and does not find it by --via "+names.Or(via, "…"))
	}
	if len(c.Args)+len(c.ArgsOf) > 0 && len(c.Programs) > 0 && len(argv) > 0 && c.programAt(argv) < 0 {
		note := "warning: no word of the worker's line is " + strings.Join(c.Programs, " or ") +
			"; the arguments of --for " + c.Name + " stand behind " + names.ShowPath(argv[0])
		if slices.Contains([]string{"sh", "bash", "dash", "zsh"}, programName(argv[0])) {
			note += ", which takes them for its own: put wg-run into the script, in front of " + c.Programs[0]
		}
		list = append(list, note)
	}
	return list
}

// Channel is the client's channel, where the profile asks for via: its own, or via, unless the
// client opens a path or asks for a number which that has not.
func (c *Client) Channel(via string) string {
	places := strings.Join(append(slices.Concat(slices.Collect(maps.Values(c.ArgsOf))...), append(c.variables(), c.Args...)...), " ")
	switch {
	case c.Via != "":
		return c.Via
	case strings.HasPrefix(via, "env:") && places != "", via == "socket" && strings.Contains(places, "{path}"):
		return "pipe"
	}
	return via
}

// programAt is the first word that names a program of the client's, -1 if none does: some
// stand behind timeout or env.
func (c *Client) programAt(argv []string) int {
	return slices.IndexFunc(argv, func(word string) bool { return slices.Contains(c.Programs, programName(word)) })
}

// arrange puts the client's arguments, as they stand in the table, into the worker's line.
func (c *Client) arrange(argv []string) (line []string, at int, args []string, err error) {
	if len(c.Args)+len(c.ArgsOf) == 0 {
		return argv, 0, nil, nil
	}
	first := max(c.programAt(argv), 0) + 1
	sub := len(argv)
	if i := slices.IndexFunc(argv[first:], func(word string) bool { return !strings.HasPrefix(word, "-") }); i >= 0 {
		sub = first + i
	}
	args = c.Args
	if sub < len(argv) && c.ArgsOf[argv[sub]] != nil {
		args = c.ArgsOf[argv[sub]]
	}
	if len(args) == 1 && len(placeholders(args[0])) == 0 && slices.Contains(argv[first:], args[0]) {
		return argv, 0, nil, nil // it stands there already, and some programs take it once
	}
	at = first
	word, after := strings.CutPrefix(c.Place, afterWord)
	switch {
	case c.Place == "subcommand":
		at = min(sub+1, len(argv))
	case c.Place == "end":
		at = len(argv)
	case c.Place == "--":
		word = "--"
		fallthrough
	case after:
		i := slices.Index(argv[first:], word)
		if i < 0 {
			return nil, 0, nil, hint.Add(errors.New("placing the arguments of --for "+c.Name+": the worker's line has no '"+word+"'"), c.example(word))
		}
		if at = first + i; after {
			at++
		}
	}
	return slices.Insert(slices.Clone(argv), at, args...), at, args, nil
}

// example is a line in which word stands where it should.
func (c *Client) example(word string) string {
	program := "PROGRAM"
	if len(c.Programs) > 0 {
		program = c.Programs[0]
	}
	if word == "--" {
		return "wg-run … --for " + c.Name + " -- " + program + " … -- COMMAND"
	}
	return "wg-run … --for " + c.Name + " -- " + program + " … " + word + " …"
}
