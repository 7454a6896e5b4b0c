package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/resolve"
)

var update = flag.Bool("update", false, "write the manual pages anew")

const manuals = "../../docs/man/"

var manualPages = []string{"wg-run.1", "wg-run-profile.5", "wg-run-refs.7"}

// manual renders the pages: docs/man/*.in are prose, and what can be listed is taken from
// where it is decided: the grammar, THE LISTs, the structs that files are decoded into.
type manual struct {
	ours    *kong.Kong
	grammar map[string]*kong.Node // of a line that ends with "--"
	shown   map[string]int
}

func newManual(t *testing.T) *manual {
	t.Helper()
	run, ours := grammars(t)
	line, err := kong.New(&brokerFlags{}, kong.Name("wg-run broker"))
	if err != nil {
		t.Fatal(err)
	}
	m := &manual{ours: ours, shown: map[string]int{}}
	m.grammar = map[string]*kong.Node{"run": run.Model.Node, "broker": line.Model.Node}
	for _, c := range ours.Model.Children {
		if c.Name == "verify" {
			m.grammar["verify"] = c
		}
	}
	return m
}

// show notes that something stands in a page.
func (m *manual) show(what, name string) { m.shown[what+" "+name]++ }

// wanted is all that has to stand in a page, once.
func (m *manual) wanted(t *testing.T) []string {
	t.Helper()
	want, err := wantKeys()
	if err != nil {
		t.Fatal(err)
	}
	for of, node := range m.grammar {
		for _, f := range node.Flags {
			if !f.Hidden && (f.Name != "help" || of == "run") {
				want = append(want, "flag of "+of+" "+f.Name)
			}
		}
	}
	for _, leaf := range m.leaves() {
		want = append(want, "command "+strings.TrimPrefix(leaf.FullPath(), "wg-run "))
	}
	for _, b := range (&resolve.Settings{}).Backends() {
		want = append(want, "scheme "+b.Scheme)
	}
	for _, e := range exitCodes {
		want = append(want, "exit code of "+e.of+" "+e.shown())
	}
	return want
}

func (m *manual) render(page string) (string, error) {
	page += ".in"
	t, err := template.New(page).Funcs(template.FuncMap{
		"flags": m.flags, "synopsis": m.synopsis, "commands": m.commands,
		"channels": m.channels, "clients": m.clients, "exits": m.exits, "order": m.order,
		"scheme": m.scheme, "managers": m.managers, "key": m.key, "rows": m.rows, "display": display,
	}).ParseFiles(manuals + page)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString(".\\\" Made by go test ./internal/cli -run Manual -update, of " + page + "\n")
	err = t.Execute(&b, nil)
	return ascii(b.String()), err
}

// TestManual compares the manual pages with what they are made of. It fails where one has
// to be written anew, and where something of the program stands in none.
func TestManual(t *testing.T) {
	m := newManual(t)
	for _, page := range manualPages {
		want, err := m.render(page)
		if err != nil {
			t.Fatalf("rendering %s: %v", page, err)
		}
		if *update {
			if err := os.WriteFile(manuals+page, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(manuals + page)
		if err != nil || string(got) != want {
			t.Errorf("docs/man/%s is not what it is made of (%v); to write it anew: go test ./internal/cli -run Manual -update", page, err)
		}
	}
	for _, want := range m.wanted(t) {
		if m.shown[want] != 1 {
			t.Errorf("%s: stands %d times in the manual, want once", want, m.shown[want])
		}
		delete(m.shown, want)
	}
	for other := range m.shown {
		t.Errorf("%s: stands in the manual, and is nothing of wg-run's", other)
	}
	found, err := filepath.Glob(manuals + "*.[0-9]")
	if err != nil || len(found) != len(manualPages) {
		t.Errorf("docs/man holds %q (%v), want %q", found, err, manualPages)
	}
}

// TestBrokerHelp: the flags before a dispatcher have a grammar of their own, so the help of
// broker repeats them.
func TestBrokerHelp(t *testing.T) {
	same := func(text string) string {
		return strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(text), " ")), "). may", "); may")
	}
	help := same(brokerCmd{}.Help())
	for _, f := range newManual(t).grammar["broker"].Flags {
		if want := same("--" + f.Name + " " + f.PlaceHolder + " " + strings.TrimSuffix(f.Help, ".")); f.Name != "help" && !strings.Contains(help, want) {
			t.Errorf("wg-run broker --help: %q; want %q in it", help, want)
		}
	}
}
