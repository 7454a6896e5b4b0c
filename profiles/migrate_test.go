package profiles

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/tomlfile"
)

// Names: the profile's for the key that a run takes, the endpoint's for the others,
// one made of the variable's where there is neither.
func TestLeftovers(t *testing.T) {
	const endpoints = "[[llm_endpoints.endpoints]]\nname = \"a\"\napi_key_env = \"A_KEY\"\n[[llm_endpoints.endpoints]]\nname = \"b\"\nis_default = true\napi_key_env = \"B_KEY\"\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"profile":             {"profiles/p.toml", "api_key_env = \"P_KEY\"", "P_KEY:p"},
		"one endpoint":        {"profiles/p.toml", "[[llm_endpoints.endpoints]]\napi_key_env = \"P_KEY\"", "P_KEY:p"},
		"default endpoint":    {"profiles/p.toml", endpoints, "A_KEY:p.a B_KEY:p"},
		"no default":          {"profiles/p.toml", strings.ReplaceAll(endpoints, "is_default = true\n", ""), "A_KEY:p.a B_KEY:p.b"},
		"two defaults":        {"profiles/p.toml", strings.ReplaceAll(endpoints, "name = \"a\"", "is_default = true"), "A_KEY:p.a B_KEY:p.b"},
		"inline endpoints":    {"profiles/p.toml", "llm_endpoints = { endpoints = [ { api_key_env = \"P_KEY\" } ] }", "P_KEY:p"},
		"top and endpoint":    {"profiles/p.toml", "api_key_env = \"P_KEY\"\n[[llm_endpoints.endpoints]]\nname = \"p\"\napi_key_env = \"E_KEY\"", "P_KEY:p E_KEY:p.1"},
		"top ref, endpoint":   {"profiles/p.toml", "api_key_ref = \"keyring:p\"\n" + endpoints, "A_KEY:p.a B_KEY:p.b"},
		"endpoint's bad name": {"profiles/p.toml", endpoints + "[[llm_endpoints.endpoints]]\nname = \"../c\"\napi_key_env = \"C_API_KEY\"", "A_KEY:p.a B_KEY:p C_API_KEY:p.c"},
		"config, endpoints":   {"config.toml", endpoints, "A_KEY:a B_KEY:b"},
		"config, no name":     {"config.toml", "[[llm_endpoints.endpoints]]\napi_key_env = \"OPENROUTER_API_KEY\"", "OPENROUTER_API_KEY:openrouter"},
		"config, top":         {"config.toml", "api_key_env = \"GITHUB_TOKEN\"", "GITHUB_TOKEN:github"},
		"only an ending":      {"config.toml", "api_key_env = \"_KEY\"", "_KEY:key"},
		"foreign":             {"config.toml", "[other]\napi_key_env = \"A_KEY\"", "A_KEY: another program's table, left alone"},
		"foreign, deep":       {"config.toml", "[[a.b]]\nc = [ { api_key_env = \"A_KEY\" } ]", "A_KEY: another program's table, left alone"},
		"both":                {"profiles/p.toml", "api_key_env = \"P_KEY\"\napi_key_ref = \"keyring:p\"", "P_KEY:p an api_key_ref stands beside it"},
		"no variable":         {"profiles/p.toml", "api_key_env = \"" + planted + "\"", planted + ":p it holds no name of a variable"},
		"empty":               {"profiles/p.toml", "api_key_env = \"\"", ":p it holds no name of a variable"},
		"a list":              {"profiles/p.toml", "api_key_env = [\"A\"]", ""},
		"none":                {"profiles/p.toml", "model = \"api_key_env\"", ""},
	} {
		list, unread := home(t, map[string]string{c.file: c.text}).Leftovers()
		var got []string
		for _, l := range list {
			text := l.Variable + ":" + l.Name
			if l.Problem != nil {
				text += " " + l.Problem.Error()
			}
			if l.File != c.file {
				text += " in " + l.File
			}
			got = append(got, text)
		}
		if text := strings.Join(got, " "); len(unread) > 0 || !strings.HasPrefix(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s: Leftovers(%q) = %q, unread %v; want %q", name, c.text, text, unread, c.want)
		}
	}
}

// A file that cannot be read is named and keeps no other from being listed.
func TestLeftoversUnread(t *testing.T) {
	h := home(t, map[string]string{"profiles/a.toml": "api_key_env = \"" + planted, "profiles/b.toml": "api_key_env = \"B_KEY\""})
	list, unread := h.Leftovers()
	if len(list) != 1 || list[0].Name != "b" || len(unread) != 1 || !strings.Contains(unread[0].Error(), "profiles/a.toml") || holdsPart(unread[0].Error()) {
		t.Errorf("Leftovers(one broken file) = %v, unread %v; want b, and a by name without the key", list, unread)
	}
}

func TestRewrite(t *testing.T) {
	const before, after = "# why\napi_key_env = \"P_KEY\" # this\n", "# why\napi_key_ref = \"keyring:p\" # this\n"
	h := home(t, map[string]string{"profiles/p.toml": before})
	path := filepath.Join(h.Dir, "profiles", "p.toml")
	read := func(path string) string {
		data, _ := os.ReadFile(path)
		return string(data)
	}
	list, _ := h.Leftovers()
	moved := []Moved{{list[0], "keyring:p"}}
	if backup, err := h.Rewrite(t.Context(), moved, true); err != nil || backup != "" || read(path) != before {
		t.Errorf("Rewrite(dry run) = %q, %v, then %q; want nothing done", backup, err, read(path))
	}
	backup, err := h.Rewrite(t.Context(), moved, false)
	if err != nil || read(path) != after || read(backup) != before {
		t.Errorf("Rewrite = %q, %v, then %q, backup %q; want %q, backup %q", backup, err, read(path), read(backup), after, before)
	}
	// Again from the old content, as after a kill: the backup is there already.
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := h.Rewrite(t.Context(), moved, false); err != nil || again != backup {
		t.Errorf("Rewrite of the same content = %q, %v; want %q once more", again, err, backup)
	}
	// Another content gets a backup of its own.
	if err := os.WriteFile(path, []byte(before+"via = \"pipe\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := h.Rewrite(t.Context(), moved, false); err != nil || again == backup || read(backup) != before {
		t.Errorf("Rewrite of another content = %q, %v; want a second backup", again, err)
	}
	// What changed since it was listed is not touched.
	if err := os.WriteFile(path, []byte("api_key_env = \"OTHER\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Rewrite(t.Context(), moved, false); !errors.Is(err, tomlfile.ErrNotByLine) || read(path) != "api_key_env = \"OTHER\"\n" {
		t.Errorf("Rewrite(changed meanwhile) = %v, then %q; want ErrNotByLine and the file as it is", err, read(path))
	}
}

func TestKeptByWg(t *testing.T) {
	h := home(t, nil)
	for _, dir := range []string{"keystore", "secrets", "keys", "keystore/folder"} {
		if err := os.Mkdir(filepath.Join(h.Dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"keystore/a", "keystore/wgfed.root", "keystore/.hidden", "secrets/b", "keys/c.key", "keys/d.txt"} {
		if err := os.WriteFile(filepath.Join(h.Dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := h.KeptByWg()
	var got []string
	for _, k := range list {
		got = append(got, k.Name)
	}
	if want := []string{"a", "b", "c"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("KeptByWg = %q, %v; want %q", got, err, want)
	}
	if list, err := home(t, nil).KeptByWg(); len(list) != 0 || err != nil {
		t.Errorf("KeptByWg(no folders) = %v, %v; want none", list, err)
	}
}
