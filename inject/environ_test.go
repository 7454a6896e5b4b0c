//go:build unix

package inject

import (
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/resolve"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		entry, name, value string
		ok                 bool
	}{
		{"A=x", "A", "x", true}, {"A=", "A", "", true}, {"A=x=y", "A", "x=y", true}, {"A", "A", "", false}, {"", "", "", false},
		{"=", "=", "", false}, {"=C:", "=C:", "", false}, {"=C:=x", "=C:", "x", true}, {"=C:=", "=C:", "", true}, {"A B= x ", "A B", " x ", true},
	} {
		if name, value, ok := cut(c.entry); name != c.name || value != c.value || ok != c.ok {
			t.Errorf("cut(%q) = %q, %q, %v, want %q, %q, %v", c.entry, name, value, ok, c.name, c.value, c.ok)
		}
	}
}

func TestEnvironGet(t *testing.T) {
	env := newEnviron([]string{"B", "A=1", "A=2", "AB=3", "E=", "=C:=x", "B=4"})
	for _, c := range []struct {
		name, want string
		ok         bool
	}{{"A", "1", true}, {"AB", "3", true}, {"E", "", true}, {"B", "4", true}, {"a", "", false}, {"", "", false}, {"A=1", "", false}} {
		if got, ok := env.get(c.name); got != c.want || ok != c.ok {
			t.Errorf("get(%q) = %q, %v, want %q, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestEnvironSet(t *testing.T) {
	for _, c := range []struct{ list, set, want string }{
		{"", "A=1", "A=1"},
		{"B=2", "A=1", "B=2 A=1"},
		{"A=0 B=2", "A=1", "A=1 B=2"},
		{"B=2 A=0 C=3", "A=", "B=2 A= C=3"},
		{"A=0 B=2 A=00 C=3 A=000", "A=1", "A=1 B=2 C=3"},
		{"A AB=2 =A=3", "A=1", "A AB=2 =A=3 A=1"},
		{"=C:=x A=0", "A=1=2", "=C:=x A=1=2"},
	} {
		given := strings.Fields(c.list)
		env := newEnviron(given)
		name, value, _ := strings.Cut(c.set, "=")
		env.set(name, value)
		if got := strings.Join(env.list, " "); got != c.want {
			t.Errorf("[%s].set(%q, %q) = [%s], want [%s]", c.list, name, value, got, c.want)
		}
		if got := strings.Join(given, " "); got != c.list {
			t.Errorf("[%s].set(%q, %q) made the caller's list [%s], want it unchanged", c.list, name, value, got)
		}
	}
}

func TestEnvironDrop(t *testing.T) {
	given := []string{"A=1", "B=2", "A=3", "A", "=A=4", "AB=5"}
	env := newEnviron(given)
	dropped := env.drop(func(name, value string) string {
		if name == "A" {
			return "because of " + value
		}
		return ""
	})
	if want := []string{"B=2", "=A=4", "AB=5"}; !slices.Equal(env.list, want) {
		t.Errorf("drop(A) leaves %q, want %q", env.list, want)
	}
	want := []Dropped{{"A", "because of 1", false}, {"A", "because of 3", false}, {"A", "because of ", false}}
	if !slices.Equal(dropped, want) {
		t.Errorf("drop(A) = %v, want %v", dropped, want)
	}
	if want := []string{"A=1", "B=2", "A=3", "A", "=A=4", "AB=5"}; !slices.Equal(given, want) {
		t.Errorf("drop(A) made the caller's list %q, want %q", given, want)
	}
}

func TestDropCredentials(t *testing.T) {
	all := "OP_SERVICE_ACCOUNT_TOKEN OP_CONNECT_TOKEN OP_SESSION_my BW_SESSION BWS_ACCESS_TOKEN VAULT_TOKEN WG_BROKER WG_AGE_PASSPHRASE_FD"
	for _, c := range []struct {
		list, keep, left string
		closing          []int
	}{
		{"A=1 B=2", "", "A=1 B=2", nil},
		{"A=1 " + strings.ReplaceAll(all, " ", "=x ") + "=7", "", "A=1", []int{7}},
		{all, "", "", nil},
		{"VAULT_TOKEN=x A=1 VAULT_TOKEN=y", "", "A=1", nil},
		{"VAULT_TOKEN=x BW_SESSION=y", "VAULT_TOKEN", "VAULT_TOKEN=x", nil},
		{"VAULT_TOKEN=x BW_SESSION=y", "BW_SESSION VAULT_TOKEN A", "VAULT_TOKEN=x BW_SESSION=y", nil},
		{"VAULT_TOKEN=x", "vault_token VAULT_TOKE VAULT_*", "", nil},
		{"OP_SESSION_a=x OP_SESSION_b=y", "OP_SESSION_a", "OP_SESSION_a=x", nil},
		{"OP_SESSION=x VAULT_TOKEN_FILE=y VAULT_ADDR=z XVAULT_TOKEN=a", "", "OP_SESSION=x VAULT_TOKEN_FILE=y VAULT_ADDR=z XVAULT_TOKEN=a", nil},
		{"WG_AGE_PASSPHRASE_FD=7", "WG_AGE_PASSPHRASE_FD", "WG_AGE_PASSPHRASE_FD=7", nil},
		{"WG_AGE_PASSPHRASE_FD=7 WG_AGE_PASSPHRASE_FD=9", "", "", []int{7, 9}},
		{"VAULT_TOKEN=7 BW_SESSION=8", "", "", nil}, // a number, but not a descriptor's
		// Standard input, too: it becomes /dev/null. A passphrase is on neither output.
		{"WG_AGE_PASSPHRASE_FD=0", "", "", []int{0}}, {"WG_AGE_PASSPHRASE_FD=2", "", "", nil}, {"WG_AGE_PASSPHRASE_FD=-1", "", "", nil},
		{"WG_AGE_PASSPHRASE_FD=3", "", "", []int{3}}, {"WG_AGE_PASSPHRASE_FD=x", "", "", nil}, {"WG_AGE_PASSPHRASE_FD=", "", "", nil},
	} {
		env := newEnviron(strings.Fields(c.list))
		n := len(env.list)
		dropped, closing := env.dropCredentials(&resolve.Settings{}, nil, strings.Fields(c.keep))
		if got := strings.Join(env.list, " "); got != c.left || !slices.Equal(closing, c.closing) || len(dropped) != n-len(env.list) {
			t.Errorf("[%s].dropCredentials(&resolve.Settings{}, nil, %s) = %v, %v and leaves [%s], want %v and [%s]", c.list, c.keep, dropped, closing, got, c.closing, c.left)
		}
		for _, d := range dropped {
			if d.Leak || d.Why == "" || !new(resolve.Settings).IsCredential(d.Variable) {
				t.Errorf("[%s].dropCredentials(&resolve.Settings{}, nil, %s): %+v, want a credential's name and why", c.list, c.keep, d)
			}
		}
	}
}

// What a worker may need itself goes only where a secret of that backend is delivered.
func TestDropCredentialsIfUsed(t *testing.T) {
	for scheme, want := range map[string]string{"file": "AWS_SECRET_ACCESS_KEY=x AZURE_CLIENT_SECRET=y", "awssm": "AZURE_CLIENT_SECRET=y", "azkv": "AWS_SECRET_ACCESS_KEY=x"} {
		env := newEnviron([]string{"AWS_SECRET_ACCESS_KEY=x", "AZURE_CLIENT_SECRET=y", "VAULT_TOKEN=z"})
		delivered := []Delivery{{Want: Want{Ref: resolve.Ref{Scheme: "file"}}}, {Want: Want{Ref: resolve.Ref{Scheme: scheme}}}}
		env.dropCredentials(&resolve.Settings{}, delivered, nil)
		if got := strings.Join(env.list, " "); got != want {
			t.Errorf("dropCredentials(%s: delivered) leaves %q, want %q", scheme, got, want)
		}
		env = newEnviron([]string{"AWS_SECRET_ACCESS_KEY=x"})
		if env.dropCredentials(&resolve.Settings{}, delivered, []string{"AWS_SECRET_ACCESS_KEY"}); len(env.list) != 1 {
			t.Errorf("dropCredentials(%s: delivered, keep) leaves %q, want what keep names", scheme, env.list)
		}
	}
}

func TestDropSources(t *testing.T) {
	wants := []Want{{Ref: resolve.Ref{Scheme: "env", Path: "A"}}, {Ref: resolve.Auto("main", "B")}, {Ref: resolve.Ref{Scheme: "file", Path: "C"}}}
	env := newEnviron([]string{"A=1", "B=2", "C=3", "A=4", "D", "=A=5"})
	dropped := env.dropSources(wants)
	if want := []string{"C=3", "D", "=A=5"}; !slices.Equal(env.list, want) || len(dropped) != 3 {
		t.Errorf("dropSources(env:A, auto with B, file:C) = %v and leaves %q, want three and %q", dropped, env.list, want)
	}
}
