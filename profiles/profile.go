package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// Profile says which secrets a worker gets and how.
type Profile struct {
	// Name is the file's name without ".toml".
	Name string
	// Description is for people.
	Description string
	// Model is handed to the worker as WG_MODEL.
	Model string
	// APIKeyRef is the reference of the main secret.
	APIKeyRef string
	// APIKeyEnv is the variable that older profiles name in its place.
	APIKeyEnv string
	// Via is the default channel, "" if not set.
	Via string
	// Allow lists the programs that may be started, all if empty.
	Allow []string
	// KeepEnv lists credential variables that the worker may inherit.
	KeepEnv []string
	// Secrets are the further secrets, in the file's order.
	Secrets []Secret
	// Env are extra variables, sorted by name.
	Env []Variable
}

// Secret is one further secret of a profile.
type Secret struct{ Name, Ref, Via string }

// Variable is one extra environment variable; Template may hold {fd}, {path},
// {NAME.fd} and {NAME.path}.
type Variable struct{ Name, Template string }

var profileKeys = []string{
	"description", "model", "api_key_ref", "api_key_env", "via", "allow", "keep_env", "secrets", "env",
}

type profileFile struct {
	Description string   `toml:"description"`
	Model       string   `toml:"model"`
	APIKeyRef   string   `toml:"api_key_ref"`
	APIKeyEnv   string   `toml:"api_key_env"`
	Via         string   `toml:"via"`
	Allow       []string `toml:"allow"`
	KeepEnv     []string `toml:"keep_env"`
	Secrets     map[string]struct {
		Ref string `toml:"ref"`
		Via string `toml:"via"`
	} `toml:"secrets"`
	Env          map[string]string `toml:"env"`
	LLMEndpoints *wgEndpoints      `toml:"llm_endpoints"`
}

// Profile reads profiles/NAME.toml. The error wraps ErrNoProfile where there is
// no such file.
func (h Home) Profile(name string) (*Profile, error) {
	if !names.Valid(name) {
		return nil, fmt.Errorf("reading the profile: not a valid name: %s", names.Rule)
	}
	if packed, ok, err := h.unpacked(packedProfile + name); ok && err == nil {
		p := &Profile{}
		return p, p.unpack(packed)
	}
	data, err := h.read("profiles", name+".toml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, h.noSuchProfile(name)
	}
	var p *Profile
	if err == nil {
		p, err = parseProfile(name, data)
	}
	if err != nil && names.LooksSecret(name) {
		hide := func(text string) string { return strings.ReplaceAll(text, name, "…") } // paths hold it
		return nil, hint.Add(fmt.Errorf("reading profile %s: %s", names.Show(name), hide(err.Error())), hide(hint.Of(err)))
	}
	if err != nil {
		return nil, fmt.Errorf("reading profile %s: %w", names.Show(name), err)
	}
	return p, nil
}

func (h Home) noSuchProfile(name string) error {
	err := fmt.Errorf("reading profile %s: %w", names.Show(name), ErrNoProfile)
	if _, herr := h.Path(); herr != nil {
		return fmt.Errorf("reading profile %s: %w", names.Show(name), herr)
	}
	list, _ := h.List()
	if near := names.Near(name, list); near != "" {
		return hint.Add(err, fmt.Sprintf("did you mean '%s'? all of them: wg-run profile list", near))
	}
	return hint.Add(err, "wg-run profile create "+names.Or(name, "NAME"))
}

func parseProfile(name string, data []byte) (*Profile, error) {
	var f profileFile
	md, err := tomlfile.Decode(data, &f)
	if err != nil {
		return nil, err
	}
	if err := checkKeys(md, f.LLMEndpoints != nil); err != nil {
		return nil, err
	}
	p := &Profile{
		Name: name, Description: f.Description, Model: f.Model, APIKeyRef: f.APIKeyRef,
		APIKeyEnv: f.APIKeyEnv, Via: f.Via, Allow: f.Allow, KeepEnv: f.KeepEnv,
	}
	if p.Secrets, err = f.further(md); err != nil {
		return nil, err
	}
	for v, t := range f.Env {
		p.Env = append(p.Env, Variable{v, t})
	}
	sort.Slice(p.Env, func(i, j int) bool { return p.Env[i].Name < p.Env[j].Name })
	if f.LLMEndpoints != nil && p.APIKeyRef == "" && p.APIKeyEnv == "" {
		err = f.LLMEndpoints.fill(p)
	}
	return p, err
}

// further lists the tables of [secrets] in the file's order.
func (f *profileFile) further(md toml.MetaData) ([]Secret, error) {
	var list []Secret
	seen := map[string]bool{}
	for _, key := range md.Keys() {
		if len(key) < 2 || key[0] != "secrets" || seen[key[1]] {
			continue
		}
		name := key[1]
		seen[name] = true
		if !names.Valid(name) {
			return nil, fmt.Errorf("a table in [secrets]: %s", names.Rule)
		}
		s := f.Secrets[name]
		if s.Ref == "" {
			return nil, hint.Add(fmt.Errorf("[secrets.%s]: 'ref' is missing", names.Or(name, "…")),
				"[secrets."+names.Or(name, "NAME")+"], and below it: ref = \"keyring:…\"")
		}
		list = append(list, Secret{name, s.Ref, s.Via})
	}
	return list, nil
}

// checkKeys refuses keys that we do not know, and ours in another spelling. A
// profile of wg's has top-level keys and tables of its own.
func checkKeys(md toml.MetaData, ofWg bool) error {
	ours := append(profileKeys[:len(profileKeys):len(profileKeys)], "llm_endpoints")
	root := slices.Clone(ours)
	for _, key := range md.Keys() { // other programs' tables are left alone
		if kind := md.Type(key[0]); (kind == "Hash" || kind == "") && names.Near(strings.ToLower(key[0]), ours) == "" {
			root = append(root, key[0])
		}
	}
	return tomlfile.Check(md, []string{"secrets", "env", "llm_endpoints"}, func(parents toml.Key) ([]string, bool) {
		switch {
		case len(parents) == 0:
			return root, ofWg
		case len(parents) == 2 && parents[0] == "secrets":
			return []string{"ref", "via"}, false
		case len(parents) == 1 && parents[0] == "llm_endpoints":
			return []string{"endpoints"}, true
		case len(parents) == 2 && parents[0] == "llm_endpoints" && parents[1] == "endpoints":
			return []string{"is_default", "api_key_ref", "api_key_env"}, true
		}
		return nil, true
	})
}
