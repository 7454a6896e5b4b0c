//go:build unix

package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// crowd is how many do something at once.
const crowd = 50

// atOnce calls do for 0 to n-1, all at the same time, and waits for all.
func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			do(i)
		})
	}
	close(begin)
	all.Wait()
}

// valueOf is a value that shows where it was torn.
func valueOf(name string) string {
	return name + strings.Repeat("."+name, 40) + "." + name
}

// value is what a secret holds.
func (p *place) value(ref string) string {
	p.t.Helper()
	return p.must("", "secret", "get", ref, "--reveal").stdout
}

// holds wants these entries in the store, with the values of valueOf, and no others.
func (p *place) holds(scheme string, names []string) {
	p.t.Helper()
	slices.Sort(names)
	if got := p.listed(); !slices.Equal(got, names) {
		p.t.Errorf("secret list: %q, want %q", got, names)
	}
	atOnce(len(names), func(i int) {
		if got, want := p.value(scheme+":"+names[i]), valueOf(names[i]); got != want {
			p.t.Errorf("secret get %s: %q, want %q", names[i], got, want)
		}
	})
}

// named are names that begin alike.
func named(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%02d", prefix, i)
	}
	return list
}

// inKeyring is a config.toml whose default store is the keyring.
const inKeyring = "[secrets]\ndefault_backend = \"keyring\"\n"

// eachStore runs a test on each store of this machine.
func eachStore(t *testing.T, test func(t *testing.T, p *place, scheme string)) {
	t.Run("plaintext", func(t *testing.T) {
		t.Parallel()
		test(t, newPlace(t, map[string]string{"config.toml": allowed}), "plaintext")
	})
	t.Run("age", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, nil)
		p.must("", "secret", "backend", "set", "age")
		test(t, p, "age")
	})
	t.Run("keyring", func(t *testing.T) {
		testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon")
		t.Parallel()
		test(t, newPlace(t, map[string]string{"config.toml": inKeyring}, newKeyring(t)), "keyring")
	})
}

// Half of fifty store and half remove, each an entry of its own: none is lost and
// none comes back.
func TestCrowdOfNames(t *testing.T) {
	eachStore(t, crowdOfNames)
	// And not fifty that contend for one name: that was seen to bring KeePassXC 2.7.4 down.
	t.Run("keepassxc", func(t *testing.T) {
		testrig.Need(t, "dbus-daemon", "keepassxc", "keepassxc-cli")
		t.Parallel()
		crowdOfNames(t, newPlace(t, map[string]string{"config.toml": inKeyring}, newKeePass(t)), "keyring")
	})
}

func crowdOfNames(t *testing.T, p *place, scheme string) {
	fresh, old := named("fresh", crowd/2), named("old", crowd/2)
	atOnce(len(old), func(i int) { p.must(valueOf(old[i]), "secret", "set", old[i], "--from-stdin") })
	p.holds(scheme, old)
	atOnce(crowd, func(i int) {
		if i%2 == 0 {
			p.must(valueOf(fresh[i/2]), "secret", "set", fresh[i/2], "--from-stdin")
		} else {
			p.must("", "secret", "rm", old[i/2], "--yes")
		}
	})
	p.holds(scheme, fresh)
	atOnce(crowd, func(i int) { p.must(valueOf(fresh[i/2]), "secret", "set", fresh[i/2], "--from-stdin") })
	p.holds(scheme, fresh)
}

// othersValue is what set says where the keyring, which locks nothing between a
// store and the look at it, holds by then what another one stored.
var othersValue = regexp.MustCompile(`: (what was read back is not what was stored|reading it back: no such entry)`)

// Fifty contend for one name, and some take it away: in the end it holds one whole
// value, or nothing, and those beside it are what they were.
func TestCrowdOfOneName(t *testing.T) {
	eachStore(t, func(t *testing.T, p *place, scheme string) {
		p.must(valueOf("beside"), "secret", "set", "beside", "--from-stdin")
		values := named("value", crowd)
		set := func(i int) {
			got := p.run(valueOf(values[i]), "secret", "set", "one", "--from-stdin")
			if got.code != 0 && !(scheme == "keyring" && got.code == 1 && othersValue.MatchString(got.stderr)) {
				t.Errorf("secret set one, among fifty = %d, %q; want 0", got.code, got.stderr)
			}
		}
		atOnce(crowd, set)
		whole := func() {
			t.Helper()
			got := p.value(scheme + ":one")
			if name, _, _ := strings.Cut(got, "."); !slices.Contains(values, name) || got != valueOf(name) {
				t.Errorf("secret get one: %q, want one of those that were stored, whole", got)
			}
		}
		whole()
		atOnce(crowd, func(i int) {
			if i%5 > 0 {
				set(i)
			} else if got := p.run("", "secret", "rm", "one", "--yes"); got.code != 0 && !strings.Contains(got.stderr, "no such entry") && !strings.Contains(got.stderr, "stored it again") {
				t.Errorf("secret rm one, among fifty = %d, %q; want 0, or that it is gone, or there again", got.code, got.stderr)
			}
		})
		names := p.listed()
		if slices.Contains(names, "one") {
			whole()
			p.must("", "secret", "rm", "one", "--yes")
		}
		p.holds(scheme, []string{"beside"})
	})
}
