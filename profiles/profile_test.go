package profiles

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

func read(t *testing.T, text string) (*Profile, error) {
	t.Helper()
	return home(t, map[string]string{"profiles/p.toml": text}).Profile("p")
}

func TestProfile(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Profile
	}{
		"empty": {"", Profile{}},
		"all keys": {
			"description = \"d\"\nmodel = \"m\"\napi_key_ref = \"keyring:k\"\nvia = \"pipe\"\nallow = [\"w\", \"/bin/x\"]\n" +
				"keep_env = [\"VAULT_TOKEN\"]\n[secrets.gh]\nref = \"op://a/b/c\"\nvia = \"memfd\"\n[env]\nB = \"{fd}\"\nA = \"{gh.path}\"",
			Profile{
				Description: "d", Model: "m", APIKeyRef: "keyring:k", Via: "pipe", Allow: []string{"w", "/bin/x"},
				KeepEnv: []string{"VAULT_TOKEN"}, Secrets: []Secret{{"gh", "op://a/b/c", "memfd"}},
				Env: []Variable{{"A", "{gh.path}"}, {"B", "{fd}"}},
			},
		},
		"older":         {"api_key_env = \"OPENROUTER_API_KEY\"", Profile{APIKeyEnv: "OPENROUTER_API_KEY"}},
		"tables":        {"[secrets.z]\nref = \"1\"\n[secrets.a]\nref = \"2\"\n[secrets.m]\nref = \"3\"", Profile{Secrets: []Secret{{"z", "1", ""}, {"a", "2", ""}, {"m", "3", ""}}}},
		"dotted":        {"secrets.z.ref = \"1\"\nsecrets.a.via = \"x\"\nsecrets.a.ref = \"2\"\nsecrets.z.via = \"y\"", Profile{Secrets: []Secret{{"z", "1", "y"}, {"a", "2", "x"}}}},
		"dotted below":  {"[secrets]\nz.ref = \"1\"\na.ref = \"2\"", Profile{Secrets: []Secret{{"z", "1", ""}, {"a", "2", ""}}}},
		"inline":        {"secrets = { z = { ref = \"1\" }, a = { ref = \"2\", via = \"x\" } }", Profile{Secrets: []Secret{{"z", "1", ""}, {"a", "2", "x"}}}},
		"inline below":  {"[secrets]\nz = { ref = \"1\" }\na = { ref = \"2\" }", Profile{Secrets: []Secret{{"z", "1", ""}, {"a", "2", ""}}}},
		"quoted name":   {"[secrets.\"a.b\"]\nref = \"1\"", Profile{Secrets: []Secret{{"a.b", "1", ""}}}},
		"apart":         {"[secrets.z]\nref = \"1\"\n[env]\nA = \"x\"\n[secrets.a]\nref = \"2\"", Profile{Secrets: []Secret{{"z", "1", ""}, {"a", "2", ""}}, Env: []Variable{{"A", "x"}}}},
		"capital table": {"[Secrets.gh]\nref = \"1\"", Profile{Secrets: []Secret{{"gh", "1", ""}}}},
	} {
		c.want.Name = "p"
		got, err := read(t, c.text)
		if name == "capital table" && err != nil {
			continue // refused is as good as read; passed over is not
		}
		if err != nil || !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s: Profile(%q) = %+v, %v; want %+v", name, c.text, got, err, c.want)
		}
	}
}

func TestProfileRefused(t *testing.T) {
	const other = "sk-ant-api-1234-5678-9012" // a key by its prefix alone
	for name, c := range map[string]struct{ text, want string }{
		"near key":            {"api_key_rfe = \"x\"", "unknown key 'api_key_rfe' (did you mean 'api_key_ref'?)"},
		"far key":             {"xyz = 1", "unknown key 'xyz' (known: description, model"},
		"unknown table":       {"[secret.gh]\nref = \"x\"", "did you mean 'secrets'?"},
		"key of a secret":     {"[secrets.gh]\nref = \"x\"\nvai = \"y\"", "unknown key 'vai' in table 'secrets.gh' (did you mean 'via'?)"},
		"pasted key":          {planted + " = 1", "unknown key (not shown"},
		"pasted table":        {"[secrets." + planted + "]\nrfe = \"x\"", "unknown key 'rfe'"},
		"pasted table, ref":   {"[secrets." + planted + "]\nvia = \"x\"", "'ref' is missing"},
		"prefix, table":       {"[secrets." + other + "]\nrfe = \"x\"", "unknown key 'rfe'"},
		"prefix, ref":         {"[secrets." + other + "]\nvia = \"x\"", "'ref' is missing"},
		"no ref":              {"[secrets.gh]\nvia = \"pipe\"", "[secrets.gh]: 'ref' is missing"},
		"no ref, inline":      {"secrets = { gh = {} }", "'ref' is missing"},
		"bad name":            {"[secrets.\"a b\"]\nref = \"x\"", "a name is 1 to 64"},
		"empty name":          {"[secrets.\"\"]\nref = \"x\"", "a name is 1 to 64"},
		"ref of a wrong type": {"api_key_ref = [\"" + planted + "\"]", "wrong type"},
		"secret as text":      {"[secrets]\ngh = \"" + planted + "\"", "wrong type"},
		"secrets as list":     {"secrets = [\"" + planted + "\"]", "wrong type"},
		"list as text":        {"allow = \"" + planted + "\"", "wrong type"},
		"list of numbers":     {"keep_env = [1]", "wrong type"},
		"env as number":       {"[env]\nA = 1", "wrong type"},
		"env as text":         {"env = \"" + planted + "\"", "wrong type"},
		"secrets as tables":   {"[[secrets]]\nref = \"keyring:k\"", "wrong type"},
		"env as table":        {"[env.A]\nx = \"" + planted + "\"", "wrong type"},
		"open string":         {"model = \"m\"\napi_key_ref = \"" + planted, "line 2: not valid TOML"},
		"too big":             {strings.Repeat("#\n", 1<<19+1), "larger than its limit"},
	} {
		_, err := read(t, c.text)
		if err == nil || !strings.HasPrefix(err.Error(), "reading profile 'p': ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Profile(%.60q) = %v, want: reading profile 'p': … %s", name, c.text, err, c.want)
			continue
		}
		if holdsPart(err.Error()) || strings.Contains(err.Error(), "1234-5678") {
			t.Errorf("%s: Profile(%.60q) = %v, want nothing of the key in it", name, c.text, err)
		}
	}
}

// The decoder takes keys in any case: what it takes must not depend on chance.
func TestProfileKeysInTwoCases(t *testing.T) {
	const text = "api_key_ref = \"keyring:one\"\nAPI_KEY_REF = \"keyring:two\""
	seen := map[string]bool{}
	for range 64 {
		p, err := read(t, text)
		seen[fmt.Sprint(p != nil && p.APIKeyRef == "keyring:one", err)] = true
	}
	if len(seen) != 1 {
		t.Errorf("Profile(%q) = %v in 64 readings, want one answer", text, seen)
	}
}

func TestProfileMissing(t *testing.T) {
	h := home(t, map[string]string{"profiles/openrouter.toml": ""})
	for _, c := range []struct {
		home       Home
		name, want string
		is         error
		hint       string
	}{
		{h, "openruoter", "reading profile 'openruoter': no such profile", ErrNoProfile, "did you mean 'openrouter'?"},
		{h, "anthropic", "reading profile 'anthropic': no such profile", ErrNoProfile, "wg-run profile create anthropic"},
		{h, planted, "reading profile (not shown", ErrNoProfile, "wg-run profile create NAME"},
		{h, "../openrouter", "reading the profile: not a valid name", nil, ""},
		{h, planted + "/", "reading the profile: not a valid name", nil, ""},
		{h, "", "reading the profile: not a valid name", nil, ""},
		{Home{}, "p", "reading profile 'p': neither WG_HOME nor HOME is set", ErrNoHome, "WG_HOME"},
	} {
		_, err := c.home.Profile(c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("Profile(%q) = %v, hint %q; want %s, hint %q", c.name, err, hint.Of(err), c.want, c.hint)
		}
		if err != nil && holdsPart(err.Error()+hint.Of(err)) {
			t.Errorf("Profile(%q) = %v, hint %q; want nothing of the key in it", c.name, err, hint.Of(err))
		}
	}
}
