package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// A command on the age store that is killed before any of its calls leaves each file
// as it was or as it was to be; the store can be read, and the same command once more
// does the rest.
func TestKilledAge(t *testing.T) {
	for name, d := range ageDeeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := newAgePlace(t)
			old := model.standing()
			args := d.args(model)
			model.must(d.stdin, args...)
			done := model.standing()
			between, deaths := 0, 0
			for n := 1; ; n++ {
				p := &agePlace{ana: model.ana, ben: model.ben}
				p.place = newPlace(t, ageFiles(t, p.ana, p.ben))
				killed, end := p.killedAt(n, d.stdin, args...)
				now := p.standing()
				if !killed {
					if left := differing(withoutIDs(now), withoutIDs(done)); end.code != 0 || len(left) > 0 {
						t.Errorf("%q, followed to its end = %d, %q, and %q differ; want 0 and none", args, end.code, end.stderr, left)
					}
					break
				}
				deaths++
				doing := fmt.Sprintf("%q, killed before its call %d", args, n)
				p.checkStanding(doing, now, old, done)
				if same(now["secrets.age"], done["secrets.age"]) != (now["recipients.txt"] == done["recipients.txt"]) {
					between++
				}
				if got := p.value("age:b"); got != valueOf("b") {
					t.Errorf("%s: secret get b = %q, want its value", doing, got)
				}
				got := p.run(d.stdin, args...)
				if got.code != 0 && !(d.done != "" && got.code == 1 && strings.Contains(got.stderr, d.done) && len(differing(withoutIDs(now), withoutIDs(done))) == 0) {
					t.Errorf("%s, then once more = %d, %q; want 0, or that it was done", doing, got.code, got.stderr)
				}
				if left := differing(withoutIDs(p.standing()), withoutIDs(done)); len(left) > 0 {
					t.Errorf("%s, then once more: %q differ from an undisturbed run, want none", doing, left)
				}
			}
			t.Logf("%d deaths, %d of them with only one of two files written", deaths, between)
			if deaths < 8 || strings.HasPrefix(args[1], "recip") && between == 0 {
				t.Errorf("%q: %d deaths, %d between two files; want 8, and some between", args, deaths, between)
			}
		})
	}
}

var idLine = regexp.MustCompile(`\nid = "[^"]*"`)

func same(a, b string) bool { return idLine.ReplaceAllString(a, "") == idLine.ReplaceAllString(b, "") }

// withoutIDs lets a store have a new id.
func withoutIDs(tree map[string]string) map[string]string {
	tree = maps.Clone(tree)
	for path, text := range tree {
		tree[path] = idLine.ReplaceAllString(text, "")
	}
	return tree
}

// checkStanding wants each file of now to be as in old or as in done.
func (p *agePlace) checkStanding(doing string, now, old, done map[string]string) {
	p.t.Helper()
	for path, got := range now {
		switch {
		case path != "secrets.age" && !private.MatchString(got):
			p.t.Errorf("%s: %s has mode %.10s, want 0600 or 0700", doing, path, got)
		case temporary.MatchString(path) || same(got, old[path]) || same(got, done[path]):
		default:
			p.t.Errorf("%s: %s is %q; want the old %q or the new %q", doing, path, got, old[path], done[path])
		}
	}
	for path := range old {
		if _, there := now[path]; !there {
			p.t.Errorf("%s: %s is not there, want the old or the new one", doing, path)
		}
	}
}

// The first use of all, killed before any of its calls: what is there stays, and the
// same command makes the rest.
func TestKilledAgeSetup(t *testing.T) {
	t.Parallel()
	args := []string{"secret", "backend", "set", "age"}
	for n := 1; ; n++ {
		p := newPlace(t, nil)
		killed, end := p.killedAt(n, "", args...)
		if !killed {
			if end.code != 0 || n < 20 {
				t.Errorf("%q, followed to its end = %d, %q, after %d calls; want 0, after 20", args, end.code, end.stderr, n)
			}
			break
		}
		doing := fmt.Sprintf("%q, killed before its call %d", args, n)
		was := p.tree()
		for path, text := range was {
			if !private.MatchString(text) {
				t.Errorf("%s: %s has mode %.10s, want 0600 or 0700", doing, path, text)
			}
		}
		p.must("", args...)
		now := p.tree()
		for _, path := range []string{"identity.txt", "secrets.age", "recipients.txt"} {
			if before, there := was[path]; there && now[path] != before {
				t.Errorf("%s, then once more: %s was made anew, want the one that was there", doing, path)
			}
		}
		for path := range now {
			if temporary.MatchString(path) {
				t.Errorf("%s, then once more: %s is left, want it removed", doing, path)
			}
		}
		p.must(valueOf("k"), "secret", "set", "k", "--from-stdin")
		if got := p.value("age:k"); got != valueOf("k") {
			t.Errorf("%s, then once more, and set: secret get = %q, want the value", doing, got)
		}
	}
}
