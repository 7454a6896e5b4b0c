package tomlfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

const planted = "sk-or-v1-0123456789abcdef"

// The library's errors quote the token or the line; ours must not.
func TestDecodeQuotesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"open string":         "a = 1\nkey = \"" + planted,
		"bare value":          "key = " + planted,
		"bare key":            planted,
		"bare line":           "key = 1\n" + planted + " " + planted,
		"duplicate":           "[t]\n" + planted + " = 1\n" + planted + " = 2",
		"duplicate table":     "[" + planted + "]\n[" + planted + "]",
		"wrong type":          "text = { x = \"" + planted + "\" }",
		"string as number":    "number = \"" + planted + "\"",
		"string as list":      "list = \"" + planted + "\"",
		"list as string":      "text = [\"" + planted + "\"]",
		"bad escape":          "key = \"" + planted + `\q"`,
		"control":             "key = \"" + planted + "\x01\"",
		"invalid UTF-8":       "key = \"" + planted + "\xff\"",
		"bad date":            "key = 2026-13-77T" + planted,
		"big number":          "number = 99999999999999999999999",
		"small number":        "small = 99999999",
		"key of a wrong type": "[map]\n" + planted + " = 1",
		"NUL":                 "key = \"" + planted + "\x00\"",
	} {
		var v struct {
			Text   string            `toml:"text"`
			Number int               `toml:"number"`
			List   []string          `toml:"list"`
			Small  int8              `toml:"small"`
			Map    map[string]string `toml:"map"`
		}
		_, err := Decode([]byte(text), &v)
		if !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: Decode(%q) = %v, want ErrSyntax", name, text, err)
			continue
		}
		for i := 0; i+8 <= len(planted); i++ {
			if part := planted[i : i+8]; strings.Contains(err.Error(), part) {
				t.Errorf("%s: Decode(%q) = %v, want no %q in it", name, text, err, part)
			}
		}
		if strings.Contains(err.Error(), "99999999") {
			t.Errorf("%s: Decode(%q) = %v, want no number in it", name, text, err)
		}
	}
}

func TestDecodeNamesTheLine(t *testing.T) {
	var v map[string]any
	_, err := Decode([]byte("a = 1\nb = 2\n\nc = \"open\n"), &v)
	if err == nil || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Errorf("Decode(an open string in line 4) = %v, want line 4", err)
	}
}

// inS knows the keys of table s, and "s" itself; the rest is open or not.
func inS(open bool) Known {
	return func(parents toml.Key) ([]string, bool) {
		if len(parents) == 1 && parents[0] == "s" {
			return []string{"timeout", "allow_plaintext"}, false
		}
		return []string{"s"}, open
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, text string
		known      Known
		want       string
	}{
		{"all known", "[s]\ntimeout = \"x\"", inS(false), ""},
		{"near", "[s]\ntimeuot = \"x\"", inS(false), "unknown key 'timeuot' in table 's' (did you mean 'timeout'?)"},
		{"far", "[s]\nzzz = 1", inS(false), "unknown key 'zzz' in table 's' (known: timeout, allow_plaintext)"},
		{"top level", "zzz = 1", inS(false), "unknown key 'zzz' (known: s)"},
		{"top level, open", "zzz = 1", inS(true), ""},
		{"outermost first", "[other.deeper]\nzzz = 1", inS(false), "unknown key 'other' (known: s)"},
		{"another spelling", "[s]\nTimeout = \"x\"", inS(true), "unknown key 'Timeout' in table 's' (did you mean 'timeout'?)"},
		{"a table in another spelling", "[S]\ntimeout = \"x\"", inS(true), "unknown key 'S' (did you mean 's'?)"},
		{"a pasted key", "[s]\n" + planted + " = 1", inS(false), "unknown key (not shown: it looks like a key) in table 's' (known: timeout, allow_plaintext)"},
		{"a list for a table", "[[s]]\ntimeout = \"x\"", inS(false), "'s' is not a table: not valid TOML, or a value of the wrong type"},
		{"a text for a table", "s = \"x\"", inS(false), "'s' is not a table: not valid TOML, or a value of the wrong type"},
	} {
		var v map[string]any
		md, err := Decode([]byte(c.text), &v)
		if err != nil {
			t.Errorf("%s: Decode(%q) = %v, want nil", c.name, c.text, err)
			continue
		}
		got := ""
		if err := Check(md, []string{"s"}, c.known); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: Check(%q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// The table's name may be a pasted key as well, also behind another name.
func TestCheckHidesTables(t *testing.T) {
	const key = "sk-ant-api-1234-5678-9012"
	var v map[string]any
	text := "[secrets." + key + "]\nrfe = 1"
	md, err := Decode([]byte(text), &v)
	if err != nil {
		t.Fatalf("Decode(%q) = %v, want nil", text, err)
	}
	err = Check(md, nil, func(parents toml.Key) ([]string, bool) { return []string{"ref"}, len(parents) < 2 })
	if err == nil || strings.Contains(err.Error(), "1234") {
		t.Errorf("Check(%q) = %v, want an error without %q", text, err, key)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "a = 1", "a = \"open-value-here", "[t", "a = [1, {b = 'x'}]", "\xff", "a.b.c = 1\na = 2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v map[string]any
		_, err := Decode(data, &v)
		if err == nil {
			return
		}
		text := err.Error()
		if _, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(text, "line ") {
			text = rest
		}
		if text != ErrSyntax.Error() {
			t.Errorf("Decode(%q) = %v, want nothing but the line and ErrSyntax", data, err)
		}
	})
}
