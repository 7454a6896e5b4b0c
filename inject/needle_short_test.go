package inject

import (
	"strings"
	"testing"
)

// A secret under 16 bytes counts only as a whole text, in every encoding, with
// its last newline or without.
func TestNeedleShort(t *testing.T) {
	for _, secret := range []string{
		"a", "key", "hunter2 ", "a b+c/d\"e\\f%g", "é\U0001F511", "0123456789abcde", "two\nlines", "short\n", "short\r\n", "\x00\xff", ">>>???",
	} {
		n := newNeedle([]byte(secret))
		bare := strings.TrimSuffix(strings.TrimSuffix(secret, "\n"), "\r")
		for name, encode := range encodings {
			for _, s := range []string{secret, bare} {
				text := encode(s)
				if !n.in(text) {
					t.Errorf("newNeedle(%q).in(%q) = false, want true: %s", secret, text, name)
				}
				for _, more := range []string{"x" + text, text + "x", "x=" + text + ";"} {
					if n.in(more) {
						t.Errorf("newNeedle(%q).in(%q) = true, want false: %s, not the whole text", secret, more, name)
					}
				}
			}
		}
		for _, text := range []string{bare + "\n", bare + "\r\n"} {
			if !n.in(text) {
				t.Errorf("newNeedle(%q).in(%q) = false, want true", secret, text)
			}
		}
	}
}

// A short secret in the quotes of a JSON string is still the whole text.
func TestNeedleShortInQuotes(t *testing.T) {
	for _, secret := range []string{"a", "hunter2", "a\"b\\c", "é\U0001F511"} {
		text := `"` + jsonEscape(secret) + `"`
		if !newNeedle([]byte(secret)).in(text) {
			t.Errorf("newNeedle(%q).in(%q) = false, want true", secret, text)
		}
	}
}

// Where short ends: the bytes of the value without its last newline.
func TestNeedleShortest(t *testing.T) {
	for _, c := range []struct {
		secret string
		want   bool
	}{
		{"0123456789abcde", false}, {"0123456789abcdef", true}, {"0123456789abcde\n", false},
		{"0123456789abcde\r\n", false}, {"0123456789abcdef\n", true}, {strings.Repeat("é", 8), true},
	} {
		text := "x" + strings.TrimSpace(c.secret) + "y"
		if got := newNeedle([]byte(c.secret)).in(text); got != c.want {
			t.Errorf("newNeedle(%q).in(%q) = %v, want %v", c.secret, text, got, c.want)
		}
	}
}
