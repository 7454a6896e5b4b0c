package cli

import (
	"fmt"
	"strings"

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
