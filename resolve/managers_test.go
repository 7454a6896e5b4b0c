package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/tomlfile"
)

// ownBackends are the lines of THE LIST that are not a table of managers.toml.
var ownBackends = []string{"keyring", "age", "plaintext", "file", "credential", "keystore", "env", "literal"}

func rows(t *testing.T) map[string]managerRow {
	t.Helper()
	all, err := managerRows()
	if err != nil {
		t.Fatalf("managerRows() = %v, want nil", err)
	}
	return all
}

func TestManagersAndTheList(t *testing.T) {
	all := rows(t)
	for name := range all {
		if find(name) == nil {
			t.Errorf("managers.toml has the table [%s], want a line for it in THE LIST", name)
		}
	}
	for _, b := range backends {
		if _, ok := all[b.Scheme]; !ok && !slices.Contains(ownBackends, b.Scheme) {
			t.Errorf("THE LIST has the line %q, want a table for it in managers.toml (or in ownBackends here)", b.Scheme)
		}
	}
}

func TestManagersTOML(t *testing.T) {
	var strict map[string]managerRow
	md, err := tomlfile.Decode(managersTOML, &strict)
	if err != nil {
		t.Fatalf("Decode(managers.toml) = %v, want nil", err)
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		t.Errorf("managers.toml: unknown keys %v, want none", unknown)
	}
	for name, row := range strict {
		if row.Title == "" || row.SignIn == "" {
			t.Errorf("[%s]: title %q, sign_in %q; want both", name, row.Title, row.SignIn)
		}
		if len(row.Get) < 2 || strings.Contains(row.Get[0], "{path}") || !strings.Contains(strings.Join(row.Get[1:], " "), "{path}") {
			t.Errorf("[%s]: get = %q, want a program and arguments with {path}", name, row.Get)
		}
		for key, texts := range map[string][]string{"get": row.Get, "not_found": row.NotFound, "signed_out": row.SignedOut, "locked": row.Locked, "denied": row.Denied} {
			for _, text := range texts {
				if strings.TrimSpace(text) == "" || key != "get" && len(text) < 4 {
					t.Errorf("[%s] %s: the text %q, want one that means something", name, key, text)
				}
			}
		}
		if len(row.NotFound) == 0 {
			t.Errorf("[%s]: no not_found, want the text of a missing entry", name)
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
		for _, v := range b.Credentials {
			if name := strings.TrimSuffix(v, "*"); !IsCredential(name + "x"[:len(v)-len(name)]) {
				t.Errorf("IsCredential(%q) = false, want true for a line of THE LIST", v)
			}
		}
	}
}

func TestCredentials(t *testing.T) {
	for variable, want := range map[string]bool{
		"OP_SERVICE_ACCOUNT_TOKEN": true, "OP_SESSION_my": true, "OP_CONNECT_TOKEN": true, "BW_SESSION": true, "BWS_ACCESS_TOKEN": true,
		"VAULT_TOKEN": true, "WG_AGE_PASSPHRASE_FD": true, "PATH": false, "OP_ACCOUNT": false, "VAULT_ADDR": false, "": false, "XVAULT_TOKEN": false, "VAULT_TOKENX": false,
	} {
		if got := IsCredential(variable); got != want {
			t.Errorf("IsCredential(%q) = %v, want %v", variable, got, want)
		}
	}
	if !NamesDescriptor("WG_AGE_PASSPHRASE_FD") || NamesDescriptor("VAULT_TOKEN") {
		t.Errorf("NamesDescriptor: want WG_AGE_PASSPHRASE_FD alone")
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
