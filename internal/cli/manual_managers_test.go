package cli

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/resolve"
)

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
	head, also := row.forms(b.Scheme)
	lines := append([]string{prose(upper(b.Help) + ".")}, also...)
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
	return [2]string{head, strings.Join(lines, "\n")}
}

// forms are the first form of a reference, and a sentence with the others.
func (row managerText) forms(scheme string) (head string, also []string) {
	head = "Li " + literal(scheme) + ":"
	if row.Form == nil {
		return head + filled("{path}"), nil
	}
	for i, form := range row.Form[1:] {
		also = append(also, []string{"Also", "or"}[min(i, 1)], "."+head+filled(form))
	}
	if also != nil {
		also[len(also)-1] += " ."
	}
	return head + filled(row.Form[0]), also
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
