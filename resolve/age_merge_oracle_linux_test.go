package resolve

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// triple is what three versions of a store hold.
type triple struct{ base, ours, theirs map[string][]byte }

// anyTriple draws few names and values, so that both sides often meet. The sides are
// made from the base, or from nothing.
func anyTriple(rnd *rand.Rand) triple {
	draw := func(from map[string][]byte) map[string][]byte {
		m := maps.Clone(from)
		for range rnd.IntN(4) {
			name := string(rune('a' + rnd.IntN(4)))
			if rnd.IntN(3) == 0 {
				delete(m, name)
			} else {
				m[name] = []byte([]string{"x", "y", ""}[rnd.IntN(3)])
			}
		}
		return m
	}
	base := draw(map[string][]byte{})
	return triple{base, draw(base), draw(base)}
}

// oracle says, name by name and as the issue has it, what a merge is to give: a change
// of one side is taken, of two the same too; of two that differ ours is kept, and what
// one of them removed is kept as the other has it.
func (c triple) oracle() (merged map[string]string, both []string) {
	merged = map[string]string{}
	for _, name := range []string{"a", "b", "c", "d"} {
		const none = "(none)"
		at := func(m map[string][]byte) string {
			if v, ok := m[name]; ok {
				return string(v)
			}
			return none
		}
		b, o, t := at(c.base), at(c.ours), at(c.theirs)
		result := ""
		switch changedO, changedT := o != b, t != b; {
		case !changedO && !changedT:
			result = b
		case changedO && !changedT:
			result = o
		case !changedO && changedT:
			result = t
		case o == t:
			result = o
		case o == none:
			result, both = t, append(both, name)
		default:
			result, both = o, append(both, name)
		}
		if result != none {
			merged[name] = result
		}
	}
	return merged, both
}

func asTexts(m map[string][]byte) map[string]string {
	texts := map[string]string{}
	for name, v := range m {
		texts[name] = string(v)
	}
	return texts
}

func TestMergeEntriesIsTheOracles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	conflicts := 0
	for range 20000 {
		c := anyTriple(rnd)
		was := fmt.Sprint(c)
		got, both := mergeEntries(c.base, c.ours, c.theirs)
		want, wantBoth := c.oracle()
		for i, name := range both {
			both[i] = strings.Trim(name, "'")
		}
		if !maps.Equal(asTexts(got), want) || !slices.Equal(both, wantBoth) {
			t.Fatalf("mergeEntries(base %q, ours %q, theirs %q) = %q, %q; want %q, %q", c.base, c.ours, c.theirs, got, both, want, wantBoth)
		}
		if fmt.Sprint(c) != was {
			t.Fatalf("mergeEntries changed what it was given: %v, want %v", c, was)
		}
		if back, _ := mergeEntries(c.base, c.theirs, c.ours); len(both) == 0 && !maps.Equal(asTexts(back), want) {
			t.Fatalf("mergeEntries(base %q, %q, %q) = %q the other way round, want %q", c.base, c.theirs, c.ours, back, want)
		}
		conflicts += len(both)
	}
	if conflicts < 1000 {
		t.Errorf("%d conflicts were drawn, want a thousand", conflicts)
	}
}

func TestMergeSetsIsTheOracles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	draw := func() []string {
		var set []string
		for _, x := range []string{"a", "b", "c", "d"} {
			if rnd.IntN(2) == 0 {
				set = append(set, x)
			}
		}
		return set
	}
	for range 10000 {
		base, ours, theirs := draw(), draw(), draw()
		var want []string
		for _, x := range []string{"a", "b", "c", "d"} {
			b, o, t := slices.Contains(base, x), slices.Contains(ours, x), slices.Contains(theirs, x)
			if b && o && t || !b && (o || t) { // kept by both, or added by one
				want = append(want, x)
			}
		}
		if got := mergeSets(base, ours, theirs); !slices.Equal(got, want) {
			t.Fatalf("mergeSets(%q, %q, %q) = %q, want %q", base, ours, theirs, got, want)
		}
	}
}
