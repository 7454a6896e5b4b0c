//go:build unix

package inject

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/resolve"
)

// planned prepares a worker that gets api_key and github.
func planned(t *testing.T, argv, environ, env []string) (*Plan, error) {
	t.Helper()
	req := Request{
		Secrets: []Want{literal(t, "api_key", ""), literal(t, "github", "")}, Model: "a:b",
		Argv: append([]string{"sh"}, argv...), Environ: append([]string{"PATH=" + os.Getenv("PATH")}, environ...), Env: env,
	}
	p, err := Prepare(context.Background(), &resolve.Resolver{}, req)
	if p != nil {
		t.Cleanup(p.Close)
	}
	return p, err
}

// A variable that contains a secret is not passed on; the rest is, in order.
func TestGuardDrops(t *testing.T) {
	key, other := secretOf("api_key"), secretOf("github")
	coded := base64.URLEncoding.EncodeToString([]byte("user:" + key))
	p, err := planned(t, nil, []string{"A=1", "KEY=" + key, "B", "AUTH=Basic " + coded, "C=" + other[1:], "KEY=2", "D=x" + other + "y", "WG_MODEL=old"},
		[]string{"E={github.path}", "F=" + key, "A=3"})
	if err != nil {
		t.Fatalf("Prepare = %v, want no error", err)
	}
	n, m := p.Deliveries[0].fdText(), p.Deliveries[1].fdText()
	want := []string{"A=3", "B", "C=" + other[1:], "KEY=2", "WG_MODEL=a:b", "WG_API_KEY_FD=" + n, "WG_API_KEY_FILE=/dev/fd/" + n,
		"WG_GITHUB_FD=" + m, "WG_GITHUB_FILE=/dev/fd/" + m, "E=/dev/fd/" + m}
	if got := p.Env[1:]; !slices.Equal(got, want) {
		t.Errorf("Env = %q, want %q", got, want)
	}
	dropped := ""
	for _, d := range p.Dropped {
		dropped += d.Variable + " " + d.Why + "\n"
		if !d.Leak {
			t.Errorf("Dropped has %+v, want Leak set", d)
		}
	}
	const said = "KEY contains the secret 'api_key'\nAUTH contains the secret 'api_key'\nF contains the secret 'api_key'\nD contains the secret 'github'\n"
	if dropped != said {
		t.Errorf("Dropped = %q, want %q", dropped, said)
	}
}

// What the worker cannot do without, and what cannot be dropped, is refused.
func TestGuardRefuses(t *testing.T) {
	key, other := secretOf("api_key"), secretOf("github")
	for _, c := range []struct {
		argv, environ, env []string
		want               string
	}{
		{argv: []string{"-c", "echo " + key}, want: "argument 2 of the worker: it contains the secret 'api_key'"},
		{argv: []string{other}, want: "argument 1 of the worker: it contains the secret 'github'"},
		{argv: []string{base64.StdEncoding.EncodeToString([]byte(":" + key))}, want: "argument 1"},
		{environ: []string{"HOME=/home/" + key}, want: "the variable HOME: it contains the secret 'api_key'"},
		{environ: []string{"LC_ALL=" + other}, want: "the variable LC_ALL: it contains the secret 'github'"},
		{env: []string{"TERM=" + key}, want: "the variable TERM: it contains the secret 'api_key'"},
		{environ: []string{"A" + key + "=1"}, want: "the name of a variable: it contains the secret 'api_key'"},
		{environ: []string{key}, want: "the name of a variable: it contains the secret 'api_key'"},
	} {
		p, err := planned(t, c.argv, c.environ, c.env)
		if p != nil || !errors.Is(err, ErrLeak) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Prepare(%q, %q, %q) = %v, want %q", c.argv, c.environ, c.env, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "value-of") {
			t.Errorf("Prepare(%q, %q, %q) = %q, want nothing of the value", c.argv, c.environ, c.env, err)
		}
	}
}
