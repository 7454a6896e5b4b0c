package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/resolve"
)

func (m *manual) channels() string {
	var items [][2]string
	for _, c := range fdpass.Channels() {
		items = append(items, [2]string{"Cm " + argument(c.Name), prose(upper(c.Help) + ".")})
	}
	return list("memfd", items...)
}

func (m *manual) clients() (string, error) {
	known, err := inject.Clients(nil)
	var items [][2]string
	for _, c := range known {
		text := prose(c.Title+": "+c.Secret+".") + "\n.br\n.Li " + argument(how(c))
		items = append(items, [2]string{"Cm " + argument(c.Name), text})
	}
	return list("ansible-vaultx", items...), err
}

func (m *manual) exits(of string) (string, error) {
	var items [][2]string
	for _, e := range exitCodes {
		if e.of == of {
			items = append(items, [2]string{"Li " + e.shown(), prose(upper(e.means) + ".")})
			m.show("exit code of "+of, e.shown())
		}
	}
	if items == nil {
		return "", fmt.Errorf("there are no exit codes of %q", of)
	}
	return list("128+n", items...), nil
}

// scheme is the head of the item of a scheme, and what THE LIST says of it.
func (m *manual) scheme(name, path string) (string, error) {
	b := (&resolve.Settings{}).BackendOf(name)
	if b == nil {
		return "", fmt.Errorf("there is no scheme %q", name)
	}
	m.show("scheme", name)
	text := upper(b.Help) + "."
	if b.Store != nil {
		text += " Writable."
	}
	return ".It Li " + literal(name) + ": Ns Ar " + argument(path) + "\n" + prose(text), nil
}

// managerText is what the manual says of a row of managers.toml.
type managerText struct {
	Get, Form []string
	Default   map[string]string
	SignIn    string `toml:"sign_in"`
	Unlock    string
	Advice    string
	FirstLine bool `toml:"first_line"`
}

// managers are the schemes that a program is asked for, with what their rows say.
func (m *manual) managers() (string, error) {
	text, err := os.ReadFile("../../resolve/managers.toml")
	if err != nil {
		return "", err
	}
	var rows map[string]managerText
	if _, err := toml.Decode(string(text), &rows); err != nil {
		return "", err
	}
	var items [][2]string
	for _, b := range (&resolve.Settings{}).Backends() {
		if row, ok := rows[b.Scheme]; ok {
			m.show("scheme", b.Scheme)
			items = append(items, row.item(b))
		}
	}
	return list("Ds", items...), nil
}

func (row managerText) item(b resolve.Backend) [2]string {
	if row.Form == nil {
		row.Form = []string{"{path}"}
	}
	head := func(form string) string { return "Li " + literal(b.Scheme) + ":" + filled(form) }
	lines := []string{prose(upper(b.Help) + ".")}
	for i, form := range row.Form[1:] {
		lines = append(lines, []string{"Also", "or"}[min(i, 1)], "."+head(form)+[]string{"", " ."}[(i+2)/len(row.Form)])
	}
	if row.FirstLine {
		lines = append(lines, "The first line counts; with", ".Li #all", "behind the path all of it.")
	}
	lines = append(lines, "It runs", ".Li "+argument(strings.Join(row.Get, " "))+" .")
	for _, name := range slices.Sorted(maps.Keys(row.Default)) {
		lines = append(lines, "By default", ".Li {"+name+"}", "is", ".Li "+argument(row.Default[name])+" .")
	}
	if row.Unlock != "" {
		lines = append(lines, "If it is locked:", ".Li "+argument(row.Unlock)+" .")
	}
	if signedOut := "If nobody is signed in:"; row.SignIn != "" {
		if row.FirstLine { // pass and its like know no account
			signedOut = "If it is locked:"
		}
		lines = append(lines, signedOut, ".Li "+argument(row.SignIn)+" .")
	}
	if row.Advice != "" {
		lines = append(lines, prose(upper(row.Advice)+"."))
	}
	lines = append(lines, withheld("The worker does not get", b.Credentials)...)
	lines = append(lines, withheld("A worker that gets a secret from here does not get", b.CredentialsIfUsed)...)
	return [2]string{head(row.Form[0]), strings.Join(lines, "\n")}
}

// filled is a form of a path with its placeholders as arguments.
func filled(form string) string {
	text := literal(form)
	text = strings.NewReplacer("{", " Ns Ar ", "}", " Ns Li ").Replace(text)
	text = strings.TrimSuffix(text, " Ns Li ")
	return strings.ReplaceAll(text, "Ns Li  Ns", "Ns")
}

// withheld says which variables the worker does not get, if there are any.
func withheld(begin string, variables []string) []string {
	if len(variables) == 0 {
		return nil
	}
	lines, last := []string{begin}, len(variables)-1
	for i, v := range variables {
		if i == last && i > 0 {
			lines = append(lines, "and")
		}
		lines = append(lines, ".Ev "+literal(v)+map[bool]string{true: " ,"}[i < last-1]+map[bool]string{true: " ."}[i == last])
	}
	return lines
}

// order are the steps of auto: in their order.
func (m *manual) order() string {
	var first, last []string
	for _, b := range (&resolve.Settings{}).Backends() {
		switch {
		case b.Store == nil:
		case b.Allowed == nil:
			first = append(first, "\n.Li "+literal(b.Scheme))
		default:
			last = append(last, "\n.Li "+literal(b.Scheme))
		}
	}
	first = append(first, "\n.Li env")
	return strings.TrimPrefix(strings.Join(append(first, last...), " ,"), "\n")
}

// upper begins a sentence, unless its first word is a name that is written small.
func upper(text string) string {
	first, _, _ := strings.Cut(text, " ")
	name := (&resolve.Settings{}).BackendOf(strings.Trim(first, ",")) != nil
	if name || strings.ContainsAny(first, `:.-_$"(`) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
