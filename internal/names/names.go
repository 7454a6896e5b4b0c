// Package names holds the rules for names of secrets and profiles: which are
// valid, which known one was probably meant, and which text must not be
// repeated to a terminal or log because it may be a pasted key.
package names

import (
	"strings"
	"unicode"
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

// PathLooksSecret reports whether a part of path has the mark of a well-known
// key, or a character that a terminal obeys.
func PathLooksSecret(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if hasKeyPrefix(part) || strings.ContainsFunc(part, unicode.IsControl) || !utf8.ValidString(part) {
			return true
		}
	}
	return false
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
// that a terminal does not print, a length that no name has, an unbroken run of 16
// or more letters and digits mixed, or, separators aside, what random identifiers
// and base64 look like. It errs on the side of yes.
func LooksSecret(s string) bool {
	if len(s) > MaxLen || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) || hasKeyPrefix(s) {
		return true
	}
	var run, all tally
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) {
			run = tally{}
			continue
		}
		run.add(s[i])
		all.add(s[i])
		if run.letters+run.digits >= 16 && run.letters > 0 && run.digits > 0 || run.letters+run.digits >= 32 {
			return true
		}
	}
	return all.letters+all.digits >= 24 && all.letters > 0 && all.digits >= 8 ||
		all.letters+all.digits >= 32 && all.upper > 0 && all.upper < all.letters && all.digits > 0
}

// IsPastedKey reports whether s is a key beyond doubt: the prefix of a well-known
// issuer, or 32 and more letters and digits mixed without a break. What it says is
// refused as a name; what LooksSecret says is only not shown.
func IsPastedKey(s string) bool {
	var run tally
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) {
			run = tally{}
			continue
		}
		if run.add(s[i]); run.letters > 0 && run.digits > 0 && run.letters+run.digits >= 32 {
			return true
		}
	}
	return hasKeyPrefix(s)
}

// tally counts letters and digits.
type tally struct{ letters, upper, digits int }

func (t *tally) add(c byte) {
	if c >= '0' && c <= '9' {
		t.digits++
		return
	}
	t.letters++
	if c <= 'Z' {
		t.upper++
	}
}
