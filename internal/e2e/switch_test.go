//go:build unix

package e2e

import (
	"slices"
	"sync/atomic"
	"testing"
)

// start is a run, and the two outputs of its worker that are right.
type start struct {
	args   []string
	either [2]string
}

// modelOf prints the secret and the model of the active profile, a or b.
var modelOf = start{
	args:   []string{"--", "sh", "-c", `printf '%s for %s' "$(cat <&3)" "$WG_MODEL"`},
	either: [2]string{key + "-a for model-a", key + "-b for model-b"},
}

// busy is how many times as many starts and changes a busy machine may need.
const busy = 10

// whileStarting starts workers, sixteen at a time, while four others make changes;
// the starts go on until the changes are made, and on a busy machine until both are seen.
func (p *place) whileStarting(s start, starts, changes int, change func(i int)) {
	p.t.Helper()
	var begun, changing, changed atomic.Int32
	var saw [2]atomic.Int32
	both := func() bool { return saw[0].Load() > 0 && saw[1].Load() > 0 }
	atOnce(16+4, func(i int) {
		if i < 4 {
			for i := int(changing.Add(1)); i <= changes || !both() && i <= busy*changes; i = int(changing.Add(1)) {
				change(i % 2)
				changed.Add(1)
			}
			return
		}
		for i := int(begun.Add(1)); i <= starts || int(changed.Load()) < changes || !both() && i <= busy*starts; i = int(begun.Add(1)) {
			got := p.run("", s.args...)
			which := slices.Index(s.either[:], got.stdout)
			if got.code != 0 || got.stderr != "" || which < 0 {
				p.t.Errorf("a start during a change = %d, %q, the worker has %q; want 0, nothing, and one of %q", got.code, got.stderr, got.stdout, s.either)
				continue
			}
			saw[which].Add(1)
		}
	})
	p.t.Logf("%d starts with the one, %d with the other", saw[0].Load(), saw[1].Load())
	if !both() {
		p.t.Errorf("%d starts got the one and %d the other, want some of both", saw[0].Load(), saw[1].Load())
	}
}

var aOrB = []string{"a", "b"}

// A worker that starts while the profile is switched gets all of the old one or all
// of the new one.
func TestStartWhileSwitching(t *testing.T) {
	eachStore(t, func(t *testing.T, p *place, scheme string) {
		starts := map[string]int{"plaintext": 200, "age": 200, "keyring": 80}[scheme]
		for _, name := range aOrB {
			p.must(key+"-"+name, "secret", "set", name, "--from-stdin")
			p.must("", "profile", "create", name, "-m", "model-"+name)
		}
		p.must("", "profile", "use", "a")
		p.whileStarting(modelOf, starts, starts/4, func(i int) { p.must("", "profile", "use", aOrB[i]) })
	})
}

// The same where the active profile itself is replaced.
func TestStartWhileReplacing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, someHome)
	p.whileStarting(modelOf, 100, crowd, func(i int) {
		p.must("", "profile", "create", "a", "--secret", aOrB[i], "-m", "model-"+aOrB[i], "--force")
	})
}

// And where the stored value is: the worker gets the old one or the new one, whole.
func TestStartWhileStoring(t *testing.T) {
	eachStore(t, func(t *testing.T, p *place, scheme string) {
		s := start{[]string{"--ref", scheme + ":k", "--", "cat", "/dev/fd/3"}, [2]string{valueOf("short"), valueOf("a-longer-one")}}
		p.must(s.either[0], "secret", "set", "k", "--from-stdin")
		p.whileStarting(s, 80, crowd/2, func(i int) {
			if got := p.run(s.either[i], "secret", "set", "k", "--from-stdin"); got.code != 0 && !(scheme == "keyring" && othersValue.MatchString(got.stderr)) {
				t.Errorf("secret set k, among four = %d, %q; want 0", got.code, got.stderr)
			}
		})
	})
}
