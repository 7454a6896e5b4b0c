package resolve

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/tomlfile"
)

func rows(t *testing.T) map[string]managerRow {
	t.Helper()
	var all map[string]managerRow
	if _, err := tomlfile.Decode(managersTOML, &all); err != nil {
		t.Fatalf("decoding managers.toml = %v, want nil", err)
	}
	return all
}

// One table by itself is what it is among all.
func TestManagerOf(t *testing.T) {
	for name, want := range rows(t) {
		if got, err := managerOf(name); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("managerOf(%s) = %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := managerOf("nosuch"); err == nil {
		t.Errorf("managerOf(nosuch) = %+v, nil; want an error", got)
	}
}

func TestManagersAndTheList(t *testing.T) {
	all := rows(t)
	for name := range all {
		if bare.BackendOf(name) == nil {
			t.Errorf("managers.toml has the table [%s], want a line for it in THE LIST", name)
		}
	}
	for _, b := range backends {
		if _, ok := all[b.Scheme]; ok != b.Program {
			t.Errorf("THE LIST has the line %q, asking a program: %v, and managers.toml a table for it: %v; want both or neither", b.Scheme, b.Program, ok)
		}
	}
}

// Every line of THE LIST is whole.
func TestTheList(t *testing.T) {
	seen := map[string]bool{"auto": true, "plain": true}
	for _, b := range backends {
		if b.Scheme == "" || b.Help == "" || b.Get == nil || strings.ContainsAny(b.Scheme, ": ") || seen[b.Scheme] {
			t.Errorf("THE LIST: %q, help %q; want a scheme of its own, a help text and Get", b.Scheme, b.Help)
		}
		seen[b.Scheme] = true
		if s := b.Store; s != nil && (s.Set == nil || s.Remove == nil || s.List == nil) {
			t.Errorf("THE LIST: %s stores and lacks Set, Remove or List", b.Scheme)
		}
		for _, v := range append(b.Credentials[:len(b.Credentials):len(b.Credentials)], b.CredentialsIfUsed...) {
			if name := strings.TrimSuffix(v, "*"); !bare.IsCredential(name+"x"[:len(v)-len(name)], b.Scheme) {
				t.Errorf("IsCredential(%q) = false, want true for a line of THE LIST", v)
			}
		}
	}
}

// Each backend has its row among what they can do; of password managers TestManagerRows wants
// more, and literal: is for tests.
func TestDocumentedBackends(t *testing.T) {
	docs, err := os.ReadFile("../docs/backends.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range backends {
		if !b.Program && b.Scheme != "literal" && !strings.Contains(string(docs), "\n| `"+b.Scheme+"` | ") {
			t.Errorf("docs/backends.md has no row for %s", b.Scheme)
		}
	}
}

func TestCredentials(t *testing.T) {
	for variable, want := range map[string]bool{
		"OP_SERVICE_ACCOUNT_TOKEN": true, "OP_SESSION_my": true, "OP_CONNECT_TOKEN": true, "BW_SESSION": true, "BWS_ACCESS_TOKEN": true,
		"VAULT_TOKEN": true, "WG_AGE_PASSPHRASE_FD": true, "PATH": false, "OP_ACCOUNT": false, "VAULT_ADDR": false, "": false, "XVAULT_TOKEN": false, "VAULT_TOKENX": false,
	} {
		if got := bare.IsCredential(variable); got != want {
			t.Errorf("IsCredential(%q) = %v, want %v", variable, got, want)
		}
	}
	for variable, c := range map[string]struct{ with, without bool }{
		"AWS_SECRET_ACCESS_KEY": {true, false}, "AWS_SESSION_TOKEN": {true, false}, "AWS_REGION": {false, false}, "VAULT_TOKEN": {true, true},
	} {
		with, without := bare.IsCredential(variable, "file", "awsps"), bare.IsCredential(variable, "file")
		if with != c.with || without != c.without {
			t.Errorf("IsCredential(%q) = %v where awsps: is delivered, %v where not; want %v, %v", variable, with, without, c.with, c.without)
		}
	}
	for _, c := range []struct {
		variable, value string
		fd              int
		ok              bool
	}{
		{"WG_AGE_PASSPHRASE_FD", "9", 9, true}, {"WG_AGE_PASSPHRASE_FD", " 0 ", 0, true}, {"WG_AGE_PASSPHRASE_FD", "2", 2, false}, {"WG_AGE_PASSPHRASE_FD", "x", 0, false},
		{"WG_AGE_IDENTITY", "/dev/fd/9", 9, true}, {"WG_AGE_IDENTITY", "file:/proc/self/fd/8", 8, true}, {"WG_AGE_IDENTITY", "9", 0, false},
		{"VAULT_TOKEN", "9", 0, false},
	} {
		if fd, ok := DescriptorOf(c.variable, c.value); ok != c.ok || ok && fd != c.fd {
			t.Errorf("DescriptorOf(%s, %q) = %d, %v; want %d, %v", c.variable, c.value, fd, ok, c.fd, c.ok)
		}
	}
}

// A program gets what lets itself in, and none of what lets others in.
func TestLettingIn(t *testing.T) {
	s := &Settings{Managers: []Backend{{Scheme: "mine", Credentials: []string{"MINE_*"}}}}
	environ := []string{"PATH=/bin", "OP_SESSION_my=1", "OP_CONNECT_TOKEN=2", "VAULT_TOKEN=3", "AWS_SESSION_TOKEN=4", "MINE_X=5", "WG_BROKER=6", "WG_AGE_IDENTITY=env:KEY", "KEY=7", "WG_AGE_PASSPHRASE_FD=8", "=C:=x", "odd"}
	t.Setenv("WG_AGE_IDENTITY", "env:KEY")
	for owners, want := range map[string]string{
		"":        "PATH=/bin AWS_SESSION_TOKEN=4 =C:=x odd",
		"op":      "PATH=/bin OP_SESSION_my=1 OP_CONNECT_TOKEN=2 AWS_SESSION_TOKEN=4 =C:=x odd",
		"bao":     "PATH=/bin VAULT_TOKEN=3 AWS_SESSION_TOKEN=4 =C:=x odd",
		"mine op": "PATH=/bin OP_SESSION_my=1 OP_CONNECT_TOKEN=2 AWS_SESSION_TOKEN=4 MINE_X=5 =C:=x odd",
	} {
		if got := strings.Join(s.lettingIn(slices.Clone(environ), strings.Fields(owners)), " "); got != want {
			t.Errorf("lettingIn(%s) = %s, want %s", owners, got, want)
		}
	}
	if got := (&managerRow{Get: []string{"/usr/bin/op"}}).owners("work"); !slices.Equal(got, []string{"work", "op"}) {
		t.Errorf("owners of a row work that runs op = %q, want both", got)
	}
}

func TestStoring(t *testing.T) {
	for name, want := range map[string]string{"keyring": "keyring", "plain": "plaintext", "plaintext": "plaintext", "file": "", "op": "", "auto": "", "": "", planted: ""} {
		got, err := Storing(name)
		if got != want || (err == nil) != (want != "") || err != nil && holdsPart(err.Error(), planted) {
			t.Errorf("Storing(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	if got := Writable(); len(got) < 2 || got[0] != "keyring" || got[len(got)-1] != "plaintext" {
		t.Errorf("Writable() = %q, want the keyring first and plaintext, the weakest, last", got)
	}
}
