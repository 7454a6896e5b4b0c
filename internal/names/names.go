// Package names holds the rules for names of secrets and profiles: which are
// valid, which known one was probably meant, and which text must not be
// repeated to a terminal or log because it may be a pasted key.
package names

import (
	"strings"
	"unicode/utf8"
)

// MaxLen is the longest valid name, in bytes.
const MaxLen = 64

// Rule states what Valid accepts, for error texts.
const Rule = "a name is 1 to 64 letters, digits, dots, dashes and underscores and starts with a letter or digit"

// Valid reports whether s is a name: [A-Za-z0-9][A-Za-z0-9._-]{0,63}.
func Valid(s string) bool {
	if s == "" || len(s) > MaxLen || !alnum(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !alnum(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// ValidVariable reports whether s can name an environment variable: letters,
// digits and underscores, not starting with a digit (POSIX, "Environment Variables").
func ValidVariable(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// Show returns s in quotes for an error text, or a stand-in that repeats
// nothing of it where s looks like a key that was pasted in the wrong place.
func Show(s string) string {
	if LooksSecret(s) {
		return "(not shown: it looks like a key)"
	}
	return "'" + s + "'"
}

// ShowPath is Show for a path, whose parts are longer and more varied than a
// name's: only the marks of well-known keys hide it.
func ShowPath(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		if hasKeyPrefix(part) || strings.ContainsFunc(part, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
			return "(not shown: it looks like a key)"
		}
	}
	return "'" + path + "'"
}

// Or returns s for a command line in a hint, or placeholder where s looks like a
// pasted key.
func Or(s, placeholder string) string {
	if LooksSecret(s) {
		return placeholder
	}
	return s
}

// keyPrefixes begin keys of well-known issuers.
var keyPrefixes = []string{
	"sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
	"xox", "AKIA", "ASIA", "AIza", "eyJ", "hf_", "npm_", "pypi-", "SG.", "hvs.", "ya29.", "ops_",
	"AGE-SECRET-KEY-", "-----BEGIN", "gsk_", "xai-", "r8_", "dop_v1_",
}

// shortestKey is the length in bytes from which a text with a well-known prefix
// and a digit is taken for a key: "npm_token" is a name.
const shortestKey = 16

func hasKeyPrefix(s string) bool {
	for _, p := range keyPrefixes {
		if len(s) >= shortestKey && strings.HasPrefix(s, p) && strings.ContainsAny(s, "0123456789") {
			return true
		}
	}
	return false
}

// LooksSecret reports whether s may be a key: a well-known prefix, characters
// that no name has, a length that no name has, or an unbroken run of 16 or more
// letters and digits mixed. It errs on the side of yes.
func LooksSecret(s string) bool {
	if len(s) > MaxLen || !utf8.ValidString(s) {
		return true
	}
	if hasKeyPrefix(s) {
		return true
	}
	run, letters, digits := 0, false, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7f {
			return true
		}
		if !alnum(c) {
			run, letters, digits = 0, false, false
			continue
		}
		run++
		if c >= '0' && c <= '9' {
			digits = true
		} else {
			letters = true
		}
		if run >= 16 && letters && digits || run >= 32 {
			return true
		}
	}
	return false
}
