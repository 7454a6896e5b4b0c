package names

import (
	"regexp"
	"strings"
	"testing"
)

var rule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func TestValid(t *testing.T) {
	for _, c := range []struct {
		s    string
		want bool
	}{
		{"a", true}, {"7", true}, {"open-router_2.key", true}, {strings.Repeat("a", 64), true},
		{"", false}, {strings.Repeat("a", 65), false}, {".a", false}, {"-a", false}, {"_a", false},
		{"a/b", false}, {"..", false}, {"a b", false}, {"a\n", false}, {"a\x00", false}, {"ä", false}, {"a:b", false},
	} {
		if got := Valid(c.s); got != c.want {
			t.Errorf("Valid(%q) = %v, want %v", c.s, got, c.want)
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, s := range []string{"", "a", "a.b", strings.Repeat("x", 65), "-x", "x\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// $ also matches before a last newline.
		want := rule.MatchString(s) && !strings.Contains(s, "\n")
		if got := Valid(s); got != want {
			t.Errorf("Valid(%q) = %v, want %v", s, got, want)
		}
	})
}

func TestValidVariable(t *testing.T) {
	for _, c := range []struct {
		s    string
		want bool
	}{
		{"A", true}, {"_", true}, {"OPENROUTER_API_KEY2", true}, {"lower", true},
		{"", false}, {"2A", false}, {"A-B", false}, {"A=B", false}, {"A B", false}, {"Ä", false}, {"A\x00", false},
	} {
		if got := ValidVariable(c.s); got != c.want {
			t.Errorf("ValidVariable(%q) = %v, want %v", c.s, got, c.want)
		}
	}
}

func TestLooksSecret(t *testing.T) {
	for _, c := range []struct {
		s    string
		want bool
	}{
		// Names that people give.
		{"", false}, {"openrouter", false}, {"npm_token", false}, {"sk-prod", false}, {"sk-prod-2", false}, {"npm_token2", false}, {"github-enterprise-token", false},
		{"production.openrouter.2026", false}, {"my_longest_reasonable_name_v2", false}, {"OPENROUTER_API_KEY", false},
		{"internationalization", false}, {"20260101", false}, {"ghp_token_of_the_bot", false},
		// Keys in the wrong place.
		{"sk-or-v1-0123456789abcdef", true}, {"sk-ab1-cd2-ef3-gh4", true}, {"ghp_0123456789abcdef0123", true},
		{"AKIAIOSFODNN7EXAMPLE", true}, {"hvs.1-2-3-4-5-6-7-8", true}, {"eyJhbGciOiJIUzI1NiJ9.e30.x", true},
		{"0123456789abcdef", true}, {"x/0123456789abcdef", true}, {strings.Repeat("a", 32), true},
		{strings.Repeat("a-", 33), true}, {"tab\there", true}, {"two\nlines", true}, {"\x7f", true}, {"\xff\xfe", true},
	} {
		if got := LooksSecret(c.s); got != c.want {
			t.Errorf("LooksSecret(%q) = %v, want %v", c.s, got, c.want)
		}
	}
}

func TestShowAndOr(t *testing.T) {
	const key = "sk-or-v1-0123456789abcdef"
	if got, want := Show("openrouter"), "'openrouter'"; got != want {
		t.Errorf("Show(%q) = %q, want %q", "openrouter", got, want)
	}
	if got := Show(key); strings.Contains(got, "0123") {
		t.Errorf("Show(%q) = %q, want nothing of it", key, got)
	}
	if got := Or("openrouter", "NAME"); got != "openrouter" {
		t.Errorf("Or(%q, NAME) = %q, want it", "openrouter", got)
	}
	if got := Or(key, "NAME"); got != "NAME" {
		t.Errorf("Or(%q, NAME) = %q, want NAME", key, got)
	}
}

// Every well-known prefix makes a key of it, whatever follows, if it is long
// enough and has a digit.
func TestLooksSecretPrefixes(t *testing.T) {
	for _, p := range keyPrefixes {
		s := p + strings.Repeat("a-1-", 5)
		if !LooksSecret(s) {
			t.Errorf("LooksSecret(%q) = false, want true", s)
		}
		if got := Show(s); strings.Contains(got, s) {
			t.Errorf("Show(%q) = %q, want nothing of it", s, got)
		}
	}
}

func FuzzShow(f *testing.F) {
	for _, s := range []string{"", "a", "sk-or-v1-0123456789abcdef", "it looks like a key", "\xff", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown, or, secret := Show(s), Or(s, "NAME"), LooksSecret(s)
		if secret && (shown != Show("\n") || or != "NAME") {
			t.Errorf("Show(%q) = %q, Or = %q, want stand-ins that do not depend on it", s, shown, or)
		}
		if !secret && (shown != "'"+s+"'" || or != s) {
			t.Errorf("Show(%q) = %q, Or = %q, want it as it is", s, shown, or)
		}
		for _, r := range shown {
			if r < ' ' || r == 0x7f {
				t.Errorf("Show(%q) = %q, want no control character", s, shown)
			}
		}
	})
}

func TestEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"plain … → ü 🔑": "plain … → ü 🔑", "a\x1b[31mb": `a\u001b[31mb`, "a\nb\t": `a\u000ab\u0009`, "\u009b\u202e": `\u009b\u202e`,
		"\xff": `\ufffd`, "\U000e0001": `\udb40\udc01`, "": "",
	} {
		if got := Escaped(text); got != want {
			t.Errorf("Escaped(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRedacted(t *testing.T) {
	const key = "sk-or-v1-0123456789abcdef"
	for text, want := range map[string]string{
		"OpenRouter, production key": "OpenRouter, production key", "anthropic/claude-sonnet-4": "anthropic/claude-sonnet-4",
		"KEY=" + key: "KEY=…", "use " + key + ", please": "use …, please", key: "…", "ü" + key: "ü…", "/usr/bin/" + key: "/usr/bin/…",
	} {
		if got := Redacted(text); got != want {
			t.Errorf("Redacted(%q) = %q, want %q", text, got, want)
		}
	}
}
