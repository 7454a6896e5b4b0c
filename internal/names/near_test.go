package names

import (
	"slices"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	schemes := []string{"keyring", "plaintext", "file", "env", "op", "pass"}
	for _, c := range []struct {
		s    string
		in   []string
		want string
	}{
		{"keyrign", schemes, "keyring"},
		{"keyring", schemes, "keyring"},
		{"kering", schemes, "keyring"},
		{"keyringg", schemes, "keyring"},
		{"Keyring", schemes, "keyring"},
		{"plantext", schemes, "plaintext"},
		{"fiel", schemes, "file"},
		{"https", schemes, ""},
		{"vault", schemes, ""},
		{"sk-or-v1-0123456789abcdef", schemes, ""},
		{"alow_plaintext", []string{"default_backend", "allow_plaintext", "timeout"}, "allow_plaintext"},
		{"opnrouter", []string{"openrouter", "openrouter2"}, "openrouter"},
		{"openrouter2", []string{"openrouter1", "openrouter22"}, "openrouter1"},
		{"anything", nil, ""},
		{strings.Repeat("x", 1<<20), schemes, ""},
		{strings.Repeat("x", 200), []string{strings.Repeat("x", 201)}, ""}, // no name is that long
	} {
		if got := Near(c.s, c.in); got != c.want {
			t.Errorf("Near(%.40q, %q) = %q, want %q", c.s, c.in, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1},
		{"abc", "bca", 2}, {"secert", "secret", 1}, {"lsit", "list", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d as the other way round", c.b, c.a, got, c.want)
		}
	}
}

func FuzzNear(f *testing.F) {
	f.Add("keyrign", "keyring", "pass")
	f.Add("", "", "x")
	f.Add("\xff\xfe", "ab", "ba")
	f.Fuzz(func(t *testing.T, s, a, b string) {
		got := Near(s, []string{a, b})
		if got != "" && !slices.Contains([]string{a, b}, got) {
			t.Errorf("Near(%q, [%q %q]) = %q, want one of them or nothing", s, a, b, got)
		}
		if a != "" && len(a) <= MaxLen && distance(a, a) != 0 {
			t.Errorf("distance(%q, itself) = %d, want 0", a, distance(a, a))
		}
	})
}
