package profiles

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// planted stands for a key that somebody wrote into the wrong place.
const planted = "sk-or-v1-0123456789abcdef"

// home is a folder with the given files.
func home(t *testing.T, files map[string]string) Home {
	t.Helper()
	h := Home{Dir: filepath.Join(t.TempDir(), "wg")}
	if err := os.MkdirAll(filepath.Join(h.Dir, "profiles"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(h.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// holdsPart reports whether text holds eight characters of the planted key.
func holdsPart(text string) bool {
	for i := 0; i+8 <= len(planted); i++ {
		if strings.Contains(text, planted[i:i+8]) {
			return true
		}
	}
	return false
}

func TestConfig(t *testing.T) {
	defaults := Config{DefaultBackend: "keyring"}
	for name, c := range map[string]struct {
		text string
		want Config
	}{
		"empty":        {"", defaults},
		"empty table":  {"[secrets]", defaults},
		"all keys":     {"[secrets]\ndefault_backend = \"plain\"\nallow_plaintext = true\ntimeout = \"1m30s\"", Config{"plain", true, 90 * time.Second, false, nil, nil}},
		"dotted":       {"secrets.allow_plaintext = true", Config{"keyring", true, 0, false, nil, nil}},
		"inline":       {"secrets = { timeout = \"250ms\" }", Config{"keyring", false, 250 * time.Millisecond, false, nil, nil}},
		"empty values": {"[secrets]\ndefault_backend = \"\"\ntimeout = \"\"", defaults},
		"foreign":      {"theme = \"dark\"\n[tui]\ntimeout = 3\n[secrets]\n[[llm]]\nx = 1", defaults},
		"CRLF":         {"[secrets]\r\nallow_plaintext = true\r\n", Config{"keyring", true, 0, false, nil, nil}},
		"audit":        {"[audit]\nenabled = true", Config{"keyring", false, 0, true, nil, nil}},
		"BOM":          {"\ufeff[secrets]\nallow_plaintext = true", Config{"keyring", true, 0, false, nil, nil}},
	} {
		got, err := home(t, map[string]string{"config.toml": c.text}).Config()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Config(%q) = %+v, %v; want %+v", name, c.text, got, err, c.want)
		}
	}
}

func TestConfigMissing(t *testing.T) {
	for name, h := range map[string]Home{"no home": {}, "no folder": {Dir: filepath.Join(t.TempDir(), "no")}, "no file": home(t, nil)} {
		got, err := h.Config()
		if want := (Config{DefaultBackend: "keyring"}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Config() = %+v, %v; want %+v", name, got, err, want)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"near key of audit":  {"[audit]\nenable = true", "unknown key 'enable' in table 'audit' (did you mean 'enabled'?)"},
		"audit as text":      {"[audit]\nenabled = \"yes\"", "wrong type"},
		"one manager":        {"[manager.foo]\nget = [\"foo\", \"{path}\"]", "did you mean [managers.…]?"},
		"near key":           {"[secrets]\nalow_plaintext = true", "unknown key 'alow_plaintext' in table 'secrets' (did you mean 'allow_plaintext'?)"},
		"far key":            {"[secrets]\nxyz = true", "unknown key 'xyz' in table 'secrets' (known: default_backend, allow_plaintext, timeout)"},
		"table in ours":      {"[secrets.timeuot]\nx = 1", "unknown key 'timeuot' in table 'secrets' (did you mean 'timeout'?)"},
		"dotted key":         {"secrets.timeuot = \"" + planted + "\"", "did you mean 'timeout'?"},
		"pasted key":         {"[secrets]\n" + planted + " = 1", "unknown key (not shown"},
		"wrong bool":         {"[secrets]\nallow_plaintext = \"" + planted + "\"", "not valid TOML, or a value of the wrong type"},
		"wrong string":       {"[secrets]\ndefault_backend = [\"" + planted + "\"]", "wrong type"},
		"number as timeout":  {"[secrets]\ntimeout = 20", "wrong type"},
		"no table":           {"secrets = \"" + planted + "\"", "wrong type"},
		"open string":        {"[secrets]\ntimeout = \"" + planted, "line 2: not valid TOML"},
		"timeout no unit":    {"[secrets]\ntimeout = \"20\"", "timeout: not a positive duration"},
		"timeout zero":       {"[secrets]\ntimeout = \"0s\"", "timeout: not a positive duration"},
		"timeout negative":   {"[secrets]\ntimeout = \"-1s\"", "timeout: not a positive duration"},
		"timeout key":        {"[secrets]\ntimeout = \"" + planted + "\"", "timeout: not a positive duration"},
		"timeout overflow":   {"[secrets]\ntimeout = \"9999999999h\"", "timeout: not a positive duration"},
		"capital, near key":  {"[Secrets]\nalow_plaintext = true", "did you mean 'secrets'?"},
		"larger than 1 MiB":  {strings.Repeat("#\n", 1<<19+1), "larger than its limit"},
		"not UTF-8":          {"[secrets]\ntimeout = \"\xff\"", "not valid TOML"},
		"duplicate":          {"[secrets]\n[secrets]", "not valid TOML"},
		"nanoseconds as int": {"[secrets]\ntimeout = 20_000_000_000", "wrong type"},
	} {
		_, err := home(t, map[string]string{"config.toml": c.text}).Config()
		if err == nil || !strings.HasPrefix(err.Error(), "reading config.toml: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Config(%.60q) = %v, want: reading config.toml: … %s", name, c.text, err, c.want)
			continue
		}
		if holdsPart(err.Error()) {
			t.Errorf("%s: Config(%.60q) = %v, want nothing of the key in it", name, c.text, err)
		}
	}
}
