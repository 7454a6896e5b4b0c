package cli

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// grammars are the two that are completed.
func grammars(t *testing.T) (run, ours *kong.Kong) {
	t.Helper()
	run, err := kong.New(&topLine{}, kong.Name("wg-run"), lists())
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = kong.New(&commands{}, kong.Name("wg-run"), lists()); err != nil {
		t.Fatal(err)
	}
	return run, ours
}

// TestEveryCommand finds each command of the grammar by completing it word by
// word, and each of its flags.
func TestEveryCommand(t *testing.T) {
	homeToComplete(t)
	run, ours := grammars(t)
	var walk func(n *kong.Node, line string)
	walk = func(n *kong.Node, line string) {
		for _, f := range n.Flags {
			if got := completeLine(line + "--" + f.Name); got != "--"+f.Name {
				t.Errorf("candidates(%q): got %q, want the flag", line+"--"+f.Name, got)
			}
		}
		for _, c := range n.Children {
			if got := strings.Fields(completeLine(line + c.Name)); !slices.Contains(got, c.Name) {
				t.Errorf("candidates(%q): got %q, want the command", line+c.Name, got)
			}
			walk(c, line+c.Name+" ")
		}
	}
	walk(run.Model.Node, "")
	walk(ours.Model.Node, "")

	var top []string
	for _, c := range ours.Model.Children {
		top = append(top, c.Name)
	}
	slices.Sort(top)
	known := slices.Sorted(slices.Values(commandNames))
	if !reflect.DeepEqual(top, known) {
		t.Errorf("commandNames: got %q, want those of the grammar, %q", known, top)
	}
}

// TestPredictors holds the tags of the grammar and THE LIST together.
func TestPredictors(t *testing.T) {
	run, ours := grammars(t)
	unused := map[string]bool{}
	for _, p := range predictors {
		unused[p.name] = true
	}
	known := slices.Collect(maps.Keys(unused))
	check := func(v *kong.Value) {
		name := v.Tag.Get("predictor")
		if v.Tag.Has("predictor") && !slices.Contains(known, name) {
			t.Errorf("%s: there is no predictor %q", v.Summary(), name)
		}
		delete(unused, name)
	}
	for _, k := range []*kong.Kong{run, ours} {
		err := kong.Visit(k.Model, func(n kong.Visitable, next kong.Next) error {
			switch n := n.(type) {
			case *kong.Flag:
				check(n.Value)
			case *kong.Value:
				check(n)
			}
			return next(nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range unused {
		t.Errorf("predictor %q: no flag and no argument uses it", name)
	}
}
