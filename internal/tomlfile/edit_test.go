package tomlfile

import (
	"errors"
	"strings"
	"testing"
)

func TestApply(t *testing.T) {
	toRef := func(table ...any) Edit {
		return Edit{Table: table, Old: "api_key_env", New: "api_key_ref", Value: "keyring:k"}
	}
	set := func(key string, v any) Edit { return Edit{Table: []any{"secrets"}, Old: key, New: key, Value: v} }
	const comment = "# api_key_env = \"A_KEY\"\n"
	for name, c := range map[string]struct {
		edit       Edit
		text, want string // want "": left alone
	}{
		"plain":            {toRef(), "model = \"m\"\napi_key_env = \"A_KEY\" # why\nvia = \"pipe\"\n", "model = \"m\"\napi_key_ref = \"keyring:k\" # why\nvia = \"pipe\"\n"},
		"comment above":    {toRef(), comment + "api_key_env='A_KEY'", comment + "api_key_ref=\"keyring:k\""},
		"quoted key":       {toRef(), "\"api_key_env\"\t= \"A_KEY\"", "api_key_ref\t= \"keyring:k\""},
		"CRLF":             {toRef(), "a = 1\r\napi_key_env = \"A_KEY\"\r\n", "a = 1\r\napi_key_ref = \"keyring:k\"\r\n"},
		"BOM":              {toRef(), "\ufeffapi_key_env = \"A_KEY\"\n", "\ufeffapi_key_ref = \"keyring:k\"\n"},
		"inside a text":    {toRef(), "d = \"\"\"\napi_key_env = \"A_KEY\"\n\"\"\"\napi_key_env = \"A_KEY\"\n", "d = \"\"\"\napi_key_env = \"A_KEY\"\n\"\"\"\napi_key_ref = \"keyring:k\"\n"},
		"long value":       {toRef(), "api_key_env = \"\"\"A_KEY\"\"\"\n", ""},
		"second of two":    {toRef("e", 1), "[[e]]\napi_key_env = \"A\"\n[[e]]\n  api_key_env = \"A\"\n", "[[e]]\napi_key_env = \"A\"\n[[e]]\n  api_key_ref = \"keyring:k\"\n"},
		"inline list":      {toRef("e", 1), "e = [ { api_key_env = \"A\" }, { x = 1, api_key_env = \"A\" } ]", "e = [ { api_key_env = \"A\" }, { x = 1, api_key_ref = \"keyring:k\" } ]"},
		"nested list":      {toRef("l", "e", 0), "[l]\nx = 1\n[[l.e]]\napi_key_env = \"A\"\n", "[l]\nx = 1\n[[l.e]]\napi_key_ref = \"keyring:k\"\n"},
		"dotted":           {toRef("t"), "t.api_key_env = \"A\"", "t.api_key_ref = \"keyring:k\""},
		"both":             {toRef(), "api_key_env = \"A\"\napi_key_ref = \"keyring:x\"\n", ""},
		"another's":        {toRef("t"), "[t]\nx = 1\n[u]\napi_key_env = \"A\"\n", "[t]\napi_key_ref = \"keyring:k\"\nx = 1\n[u]\napi_key_env = \"A\"\n"},
		"no such element":  {toRef("e", 2), "[[e]]\napi_key_env = \"A\"\n", ""},
		"a list":           {toRef("e"), "[[e]]\napi_key_env = \"A\"\n", ""},
		"a text for table": {toRef("e"), "e = \"x\"", ""},
		"still the same":   {Edit{Old: "a", New: "b", Was: "x", Value: "y"}, "a = \"x\"\n", "b = \"y\"\n"},
		"changed":          {Edit{Old: "a", New: "b", Was: "x", Value: "y"}, "a = \"z\"\n", ""},
		"done":             {toRef(), "api_key_ref = \"keyring:k\"\n", "api_key_ref = \"keyring:k\"\n"},
		"set done":         {set("allow_plaintext", true), "[secrets]\nallow_plaintext = true", "[secrets]\nallow_plaintext = true"},
		"gone":             {Edit{Old: "a", New: "b", Was: "x", Value: "y"}, "c = \"z\"\n", ""},
		"set empty":        {set("default_backend", "plaintext"), "", "[secrets]\ndefault_backend = \"plaintext\"\n"},
		"set no table":     {set("allow_plaintext", true), "[tui]\nx = 1", "[tui]\nx = 1\n\n[secrets]\nallow_plaintext = true\n"},
		"set below header": {set("allow_plaintext", true), "[ secrets ] # ours\ntimeout = \"1s\"\n[tui]\n", "[ secrets ] # ours\nallow_plaintext = true\ntimeout = \"1s\"\n[tui]\n"},
		"set at the end":   {set("allow_plaintext", true), "[secrets]", "[secrets]\nallow_plaintext = true\n"},
		"set other last":   {set("allow_plaintext", true), "[secrets]\n[tui]", "[secrets]\nallow_plaintext = true\n[tui]"},
		"add at the top":   {Edit{Old: "a", New: "a", Value: true}, "[tui]\n", "a = true\n[tui]\n"},
		"set there":        {set("allow_plaintext", true), "[secrets]\nallow_plaintext=false#x\n", "[secrets]\nallow_plaintext=true#x\n"},
		"set dotted":       {set("allow_plaintext", true), "secrets.timeout = \"1s\"\n", "secrets.allow_plaintext = true\nsecrets.timeout = \"1s\"\n"},
		"set inline":       {set("allow_plaintext", true), "secrets = { timeout = \"1s\" }", "secrets = { allow_plaintext = true, timeout = \"1s\" }"},
		"set empty inline": {set("allow_plaintext", true), "secrets = {}\n", "secrets = { allow_plaintext = true }\n"},
		"set blank inline": {set("allow_plaintext", true), "secrets = { }", "secrets = { allow_plaintext = true  }"},
		"beside nan":       {set("allow_plaintext", true), "x = nan\ny = [ 1.0, nan ]\n[secrets]\n", "x = nan\ny = [ 1.0, nan ]\n[secrets]\nallow_plaintext = true\n"},
		"set CRLF":         {set("allow_plaintext", true), "[secrets]\r\ntimeout = \"1s\"\r\n", "[secrets]\r\nallow_plaintext = true\r\ntimeout = \"1s\"\r\n"},
		"header in a text": {set("allow_plaintext", true), "d = '''\n[secrets]\n'''\n", "d = '''\n[secrets]\n'''\n\n[secrets]\nallow_plaintext = true\n"},
	} {
		got, err := Apply([]byte(c.text), c.edit)
		switch {
		case c.want == "" && !errors.Is(err, ErrNotByLine):
			t.Errorf("%s: Apply(%q) = %q, %v; want ErrNotByLine", name, c.text, got, err)
		case c.want != "" && (err != nil || string(got) != c.want):
			t.Errorf("%s: Apply(%q) = %q, %v; want %q", name, c.text, got, err, c.want)
		}
	}
}

func TestApplyBadFile(t *testing.T) {
	const key = "sk-or-v1-0123456789abcdef"
	_, err := Apply([]byte("a = \""+key), Edit{Old: "a", New: "b", Value: "c"})
	if !errors.Is(err, ErrSyntax) || strings.Contains(err.Error(), key[:12]) {
		t.Errorf("Apply(a file with an open string) = %v, want ErrSyntax that quotes nothing", err)
	}
}
