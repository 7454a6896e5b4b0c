package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// shellFiles are where a variable is set for every new shell, below HOME.
var shellFiles = []string{
	".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
	".config/fish/config.fish", ".config/fish/fish_variables", ".pam_environment", ".xprofile", ".envrc", ".env",
}

// historyFiles are where shells keep what was typed, and what takes it out there: an
// open shell has more in memory than in its file, and would write it back. Lines are
// taken out by hand: a key may stand in several of them, and beside its variable's
// name in none.
var historyFiles = []struct{ name, shell, clean string }{
	{".bash_history", "bash", `history -a; ${EDITOR:-vi} "$HISTFILE"; history -c; history -r`},
	{".zsh_history", "zsh", `setopt appendhistory; fc -AI; ${EDITOR:-vi} "$HISTFILE"; exec zsh`},
	{".local/share/fish/fish_history", "fish", "history delete --contains {} (it asks which)"},
	{".histfile", "", ""},
	{".sh_history", "", ""},
	{".python_history", "", ""},
}

// mostTraced bounds what is read of one such file, in bytes. A larger one is passed
// over.
const mostTraced = 16 << 20

// linesWith returns the numbers of the lines of a file that match or hold a line of
// value.
func linesWith(path string, match *regexp.Regexp, value []byte) []int {
	data, err := safefile.Read(path, safefile.Rule{Foreign: true, Max: mostTraced})
	if err != nil {
		return nil
	}
	defer clear(data)
	parts := slices.DeleteFunc(bytes.Split(value, []byte("\n")), func(part []byte) bool { return len(part) < 8 })
	var numbers []int
	n := 0
	for line := range bytes.Lines(data) {
		n++
		holds := func(part []byte) bool { return bytes.Contains(line, part) }
		if match.Match(line) || slices.ContainsFunc(parts, holds) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// tellTraces ends a migration: where the variables are still set, and where their
// values were typed. Lines are named and never repeated.
func (m *migration) tellTraces() {
	if len(m.moved) == 0 || m.DryRun {
		return
	}
	say("hint: the variables are still in this shell and what runs in it: " + hint.Command(append([]string{"unset"}, m.moved...)...))
	for _, variable := range m.moved {
		traces := tracesOf(variable)
		if len(traces) == 0 {
			traces = []string{variableName(variable) + " was found in no startup file and no history that wg-run knows; look where you set it"}
		}
		for _, t := range traces {
			say("hint: " + t)
		}
	}
	say("hint: then look whether all is well: wg-run doctor")
}

// tracesOf says where a variable is set for new shells, and where it was typed.
func tracesOf(variable string) []string {
	home, err := os.UserHomeDir()
	if err != nil || !names.ValidVariable(variable) || names.LooksSecret(variable) {
		return nil
	}
	value := []byte(os.Getenv(variable))
	defer clear(value)
	whole := regexp.MustCompile(`(?:^|\W)` + variable + `(?:\W|$)`)                                    // \W: no letter, digit or underscore
	assigned := regexp.MustCompile(`(?:^|\W)` + variable + `=|\bset\s+(?:-\S+\s+)*` + variable + `\s`) // the second is fish's
	var list []string
	for _, name := range shellFiles {
		lines := linesWith(filepath.Join(home, name), whole, value)
		switch {
		case len(lines) > 0 && name == ".config/fish/fish_variables":
			list = append(list, variable+" is a universal variable of fish; in fish: set -eU "+variable)
		case len(lines) > 0:
			list = append(list, fmt.Sprintf("%s stands in ~/%s, %s: take it out there", variable, name, lineNumbers(lines)))
		}
	}
	mine := filepath.Base(os.Getenv("SHELL"))
	for _, h := range historyFiles {
		clean := ""
		if h.shell != "" {
			clean = "; in " + h.shell + ": " + strings.ReplaceAll(h.clean, "{}", variable)
		}
		path, shown := filepath.Join(home, h.name), "~/"+h.name
		if other := os.Getenv("HISTFILE"); h.shell == mine && other != "" {
			path, shown = other, names.ShowPath(other)
		}
		switch lines := linesWith(path, assigned, value); {
		case len(lines) > 0:
			list = append(list, fmt.Sprintf("%s was typed into a shell: %s, %s%s", variable, shown, lineNumbers(lines), clean))
		case h.shell == mine && mine != "": // what this shell has in memory shows in no file
			list = append(list, fmt.Sprintf("if %s was typed into this shell%s", variable, clean))
		}
	}
	return list
}

func lineNumbers(lines []int) string {
	const shown = 5
	text := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(lines[:min(shown, len(lines))])), ", "), "[]")
	if len(lines) > shown {
		text += ", …"
	}
	if len(lines) == 1 {
		return "line " + text
	}
	return "lines " + text
}
