package e2e

import (
	"regexp"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

var newRef = regexp.MustCompile(`(?m)^api_key_ref = "((?:plaintext|keyring):[a-z.]+)"`)

// allResolve wants every reference that was written to resolve: the secret is
// stored before a file names it.
func allResolve(p *place, doing string) {
	p.t.Helper()
	for path, text := range p.tree() {
		for _, ref := range newRef.FindAllStringSubmatch(text, -1) {
			if got := p.run("", "--ref", ref[1], "--", "grep", "-q", "^"+key+"-[12]$", "/dev/fd/3"); got.code != 0 {
				p.t.Errorf("%s: %s names %s: a run = %d, %q; want the value", doing, path, ref[1], got.code, got.stderr)
			}
		}
	}
}

// TestKilledMigrate kills the longest command there is.
func TestKilledMigrate(t *testing.T) {
	t.Parallel()
	d := deed{
		before: with(allowed + wgEndpoint), args: []string{"migrate"}, env: leftoverValues,
		stages: []string{"secrets.toml"}, also: allResolve,
	}
	d.killEverywhere(t)
}

// TestKilledMigrateKeyring does the same where the secrets are a daemon's, which
// outlives each death.
func TestKilledMigrateKeyring(t *testing.T) {
	testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon", "secret-tool")
	t.Parallel()
	bus := newKeyring(t)
	d := deed{
		before: map[string]string{"profiles/one.toml": leftovers["profiles/one.toml"]},
		args:   []string{"migrate"}, env: append([]string{bus}, leftoverValues...), also: allResolve,
	}
	d.fresh = func(p *place) { p.exec("", "secret-tool", "clear", "service", "wg") }
	d.killEverywhere(t)
}
