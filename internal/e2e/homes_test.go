//go:build unix

package e2e

import "maps"

// key is the value that no message may hold a part of.
const key = "sk-or-v1-0123456789abcdef"

// allowed is a config.toml whose default store is the plaintext file.
const allowed = "# mine\n[secrets]\nallow_plaintext = true\ndefault_backend = \"plaintext\"\n"

// entries is a secrets.toml that holds these lines.
func entries(lines string) string {
	return "# Secrets of wg-run, NOT encrypted. Written anew at every change: comments do not stay.\nversion = 1\n\n[secrets]\n" + lines
}

// profile is a profiles/NAME.toml.
func profile(ref, model string) string {
	return "model = \"" + model + "\"\napi_key_ref = \"" + ref + "\"\n"
}

var someHome = map[string]string{
	"config.toml": allowed, "secrets.toml": entries("a = \"" + key + "-a\"\nb = \"" + key + "-b\"\n"),
	"profiles/a.toml": profile("plaintext:a", "model-a"), "profiles/b.toml": profile("plaintext:b", "model-b"),
	"active-profile": "a\n",
}

func without(files map[string]string, name string) map[string]string {
	files = maps.Clone(files)
	delete(files, name)
	return files
}

// wgEndpoint is a table that the wg tool writes into config.toml and profiles.
const wgEndpoint = "\n[[llm_endpoints.endpoints]]\nname = \"first\"\nis_default = true\napi_key_env = 'WG_KEY' # prod\n"

// leftovers are profiles that name a variable, and one that does not.
var leftovers = map[string]string{
	"profiles/one.toml":  "# one\napi_key_env = \"ONE_KEY\" # mine\nmodel = \"m\"\n",
	"profiles/wg.toml":   "coordinator = 1\n" + wgEndpoint,
	"profiles/done.toml": profile("literal:x", "m"),
	"active-profile":     "one\n",
}

var leftoverValues = []string{"ONE_KEY=" + key + "-1", "WG_KEY=" + key + "-2"}

// with is the leftovers and a config.toml.
func with(config string) map[string]string {
	files := maps.Clone(leftovers)
	files["config.toml"] = config
	return files
}
