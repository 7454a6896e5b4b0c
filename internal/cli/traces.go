package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
)

// shellFiles are where a variable is set for every new shell, below HOME.
var shellFiles = []string{
	".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
	".config/fish/config.fish", ".config/fish/fish_variables", ".pam_environment", ".xprofile", ".envrc", ".env",
}

// historyFiles are where shells keep what was typed, and how a line is taken out
// there; {} is what to look for. An open shell would write back what it has in memory.
var historyFiles = []struct{ name, clean string }{
	{".bash_history", "history -a; sed -i '/{}/d' ~/.bash_history; history -c; history -r"},
	{".zsh_history", "fc -AI; sed -i '/{}/d' ~/.zsh_history; fc -p ~/.zsh_history"},
	{".local/share/fish/fish_history", "history delete --contains {}"},
	{".histfile", "sed -i '/{}/d' ~/.histfile"},
	{".sh_history", "sed -i '/{}/d' ~/.sh_history"},
	{".python_history", "sed -i '/{}/d' ~/.python_history"},
}

// mostTraced bounds what is read of one such file, in bytes.
const mostTraced = 16 << 20

// linesWith returns the numbers of the lines of a file that hold text or value.
func linesWith(path, text string, value []byte) []int {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(f, mostTraced))
	defer clear(data)
	var numbers []int
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if bytes.Contains(line, []byte(text)) || len(value) >= 8 && bytes.Contains(line, value) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// tellTraces ends a migration: where the variables are still set, and where their
// values were typed. Lines are named and never repeated.
func (m *migration) tellTraces() {
	say("hint: the variables are still in this shell and what runs in it: " + hint.Command(append([]string{"unset"}, m.moved...)...))
	for _, variable := range m.moved {
		traces := tracesOf(variable)
		if len(traces) == 0 {
			traces = []string{variable + " was found in no startup file and no history that wg-run knows; look where you set it"}
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
	if err != nil {
		return nil
	}
	var list []string
	value := []byte(os.Getenv(variable))
	defer clear(value)
	for _, name := range shellFiles {
		if lines := linesWith(filepath.Join(home, name), variable, value); len(lines) > 0 {
			list = append(list, fmt.Sprintf("%s stands in ~/%s, %s: take it out there", variable, name, lineNumbers(lines)))
		}
	}
	for _, h := range historyFiles {
		path, shown := filepath.Join(home, h.name), "~/"+h.name
		if lines := linesWith(path, variable+"=", value); len(lines) > 0 {
			list = append(list, fmt.Sprintf("%s was typed into a shell: %s, %s: %s",
				variable, shown, lineNumbers(lines), strings.ReplaceAll(h.clean, "{}", variable)))
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
