package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
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

// historyFiles are where shells keep what was typed, the shell, and how lines are
// taken out there: {} is the sed that does it, {v} the variable. An open shell would
// write back what it has in memory, so that it writes and reads around it.
var historyFiles = []struct{ name, shell, clean string }{
	{".bash_history", "bash", "history -a; {}; history -c; history -r"},
	{".zsh_history", "zsh", "fc -AI; {}; fc -p ~/.zsh_history"},
	{".local/share/fish/fish_history", "fish", "history delete --contains {v}"},
	{".histfile", "", "{}"},
	{".sh_history", "", "{}"},
	{".python_history", "", "{}"},
}

// mostTraced bounds what is read of one such file, in bytes. A larger one is passed
// over.
const mostTraced = 16 << 20

// linesWith returns the numbers of the lines of a file that match or hold value.
func linesWith(path string, match *regexp.Regexp, value []byte) []int {
	data, err := safefile.Read(path, safefile.Rule{Foreign: true, Max: mostTraced})
	if err != nil {
		return nil
	}
	defer clear(data)
	var numbers []int
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if match.Match(line) || len(value) >= 8 && bytes.Contains(line, value) {
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
	whole := regexp.MustCompile(`(?:^|\W)` + variable + `(?:\W|$)`) // \W: no letter, digit or underscore
	assigned := regexp.MustCompile(`(?:^|\W)` + variable + `=|\bset\b.*\W` + variable + `\W`)
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
		lines := linesWith(filepath.Join(home, h.name), assigned, value)
		clean := strings.NewReplacer("{}", sedDeleting("~/"+h.name, variable, lines), "{v}", variable).Replace(h.clean)
		if h.shell != "" {
			clean = "in " + h.shell + ": " + clean
		}
		switch {
		case len(lines) > 0:
			list = append(list, fmt.Sprintf("%s was typed into a shell: ~/%s, %s; %s", variable, h.name, lineNumbers(lines), clean))
		case h.shell == mine && mine != "": // what this shell has in memory shows in no file
			list = append(list, fmt.Sprintf("if %s was typed into this shell; %s", variable, clean))
		}
	}
	return list
}

// sedDeleting is the command that takes lines out of a file, through a symlink: those
// that were found, and any in which the variable is set, since a shell writes more
// lines before.
func sedDeleting(path, variable string, lines []int) string {
	var script strings.Builder
	for _, n := range lines {
		fmt.Fprintf(&script, "%dd;", n)
	}
	flags := "-E -i --follow-symlinks"
	if runtime.GOOS == "darwin" {
		flags = "-E -i ''"
	}
	return fmt.Sprintf("sed %s '%s/(^|[^A-Za-z0-9_])%s=/d' %s", flags, script.String(), variable, path)
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
