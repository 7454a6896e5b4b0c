package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// flags lists flags of a grammar, "run", "broker" or "verify": those that are named, or all.
func (m *manual) flags(of string, wanted ...string) (string, error) {
	node := m.grammar[of]
	if node == nil {
		return "", fmt.Errorf("there is no grammar %q", of)
	}
	var items [][2]string
	for _, f := range node.Flags {
		if f.Hidden || f.Name == "help" && of != "run" || len(wanted) > 0 && !slices.Contains(wanted, f.Name) {
			continue
		}
		items = append(items, [2]string{flagHead(f), prose(f.Help)})
		m.show("flag of "+of, f.Name)
	}
	if len(items) == 0 || len(wanted) > 0 && len(items) != len(wanted) {
		return "", fmt.Errorf("flags %s %q: %d found", of, wanted, len(items))
	}
	return list("Ds", items...), nil
}

// flagHead is a flag with its value, as the first line of an item.
func flagHead(f *kong.Flag) string {
	head := `Fl \-` + literal(f.Name)
	if f.Short != 0 {
		head = "Fl " + string(f.Short) + " , " + head
	}
	if !f.IsBool() {
		head += " Ar " + argument(f.FormatPlaceHolder())
	}
	return head
}

// synopsis are the flags of a grammar as they stand in a command line.
func (m *manual) synopsis(of string) string {
	var lines []string
	for _, f := range m.grammar[of].Flags {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			continue
		}
		line := `.Op Fl \-` + literal(f.Name)
		if !f.IsBool() {
			line += " Ar " + argument(f.FormatPlaceHolder())
		}
		if f.IsSlice() {
			line += " ..."
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// commands lists the commands below a word, each with its arguments and flags.
func (m *manual) commands(under string) (string, error) {
	var items [][2]string
	for _, leaf := range m.leaves() {
		line := strings.TrimPrefix(leaf.FullPath(), "wg-run ")
		if line != under && !strings.HasPrefix(line, under+" ") {
			continue
		}
		head := "Ic " + argument(line)
		for _, p := range leaf.Positional {
			name := " Ar " + argument(p.Name)
			if !p.Required {
				name = " Op" + name
			}
			if p.IsSlice() {
				name += " ..."
			}
			head += name
		}
		items = append(items, [2]string{head, commandText(leaf)})
		m.show("command", line)
	}
	if len(items) == 0 {
		return "", fmt.Errorf("there is no command below %q", under)
	}
	return list("Ds", items...), nil
}

// leaves are the commands but verify, whose flags have a grammar and a section of their own.
func (m *manual) leaves() (list []*kong.Node) {
	for _, leaf := range m.ours.Model.Leaves(true) {
		if leaf.FullPath() != "wg-run verify" {
			list = append(list, leaf)
		}
	}
	return list
}

// commandText is a command's help, and a list of what can stand behind it.
func commandText(leaf *kong.Node) string {
	parts := []string{prose(leaf.Help)}
	if leaf.Detail != "" {
		parts = append(parts, paragraphs(leaf.Detail))
	}
	var items [][2]string
	for _, p := range leaf.Positional {
		items = append(items, [2]string{"Ar " + argument(p.Name), prose(p.Help)})
	}
	for _, f := range leaf.Flags {
		if !f.Hidden && f.Name != "help" {
			items = append(items, [2]string{flagHead(f), prose(f.Help)})
		}
	}
	if len(items) > 0 {
		if leaf.Detail != "" {
			parts = append(parts, ".Pp")
		}
		parts = append(parts, strings.Replace(list("Ds", items...), "\n", " -compact\n", 1))
	}
	return strings.Join(parts, "\n")
}
