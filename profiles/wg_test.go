package profiles

import (
	"strings"
	"testing"
)

// Profiles that the wg tool wrote: the key's reference stands at an endpoint,
// and what else there is belongs to wg.
func TestProfileOfWg(t *testing.T) {
	const foreign = "schema = 3\nui = { theme = \"dark\" }\n[agents.coder]\nx = 1\n[llm_endpoints.defaults]\ny = 2\n"
	const endpoint = "[[llm_endpoints.endpoints]]\nurl = \"https://x\"\nnested = { a = [1] }\n"
	for name, c := range map[string]struct{ text, ref, env, wrong string }{
		"the only one":   {foreign + endpoint + "api_key_ref = \"keyring:a\"", "keyring:a", "", ""},
		"older":          {foreign + endpoint + "api_key_env = \"A_KEY\"", "", "A_KEY", ""},
		"both":           {endpoint + "api_key_ref = \"keyring:a\"\napi_key_env = \"A_KEY\"", "keyring:a", "A_KEY", ""},
		"the default":    {endpoint + "api_key_ref = \"keyring:a\"\n" + endpoint + "is_default = true\napi_key_ref = \"plain:b\"", "plain:b", "", ""},
		"not default":    {endpoint + "is_default = false\napi_key_ref = \"keyring:a\"", "keyring:a", "", ""},
		"inline":         {"llm_endpoints = { endpoints = [ { api_key_ref = \"keyring:a\" }, { api_key_ref = \"keyring:b\", is_default = true } ] }", "keyring:b", "", ""},
		"top level wins": {"api_key_ref = \"keyring:top\"\n" + endpoint + "api_key_ref = \"keyring:a\"", "keyring:top", "", ""},
		"none":           {"[llm_endpoints]\nversion = 1", "", "", ""},
		"no key":         {endpoint, "", "", ""},
		"two, none":      {endpoint + "api_key_ref = \"keyring:a\"\n" + endpoint, "", "", "none of the 2 [[llm_endpoints.endpoints]] has is_default = true"},
		"two defaults":   {endpoint + "is_default = true\n" + endpoint + "is_default = true", "", "", "two of [[llm_endpoints.endpoints]] have is_default = true"},
		"wrong type":     {endpoint + "api_key_ref = [\"" + planted + "\"]", "", "", "wrong type"},
		"our table":      {foreign + endpoint + "[secrets.gh]\nrfe = \"x\"", "", "", "unknown key 'rfe' in table 'secrets.gh' (did you mean 'ref'?)"},
	} {
		p, err := read(t, c.text)
		switch {
		case c.wrong != "":
			if err == nil || !strings.Contains(err.Error(), c.wrong) || holdsPart(err.Error()) {
				t.Errorf("%s: Profile(%q) = %+v, %v; want %s", name, c.text, p, err, c.wrong)
			}
		case err != nil || p.APIKeyRef != c.ref || p.APIKeyEnv != c.env:
			t.Errorf("%s: Profile(%q) = %+v, %v; want ref %q, env %q", name, c.text, p, err, c.ref, c.env)
		}
	}
}

// Where no endpoints stand, unknown keys are mistakes, in whatever case.
func TestForeignKeysNeedEndpoints(t *testing.T) {
	for text, ok := range map[string]bool{
		"schema = 3":                           false,
		"schema = 3\n[llm_endpoints]\nx = 1":   true,
		"[llm_endpoint]\nx = 1":                false,
		"[llm_endpoints]\nx = 1\n[tui]\ny = 2": true,
	} {
		if p, err := read(t, text); (err == nil) != ok {
			t.Errorf("Profile(%q) = %+v, %v; want ok %v", text, p, err, ok)
		}
	}
}
