// Package names holds the rules for names of secrets and profiles: which are
// valid, which known one was probably meant, and which text must not be
// repeated to a terminal or log because it may be a pasted key.
package names

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
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
	return quoted(s)
}

func quoted(s string) string {
	if !isPrintable(s) {
		return strconv.Quote(s)
	}
	return "'" + s + "'"
}

// ShowPath is Show for a path, whose parts are longer and more varied than a
// name's: only the marks of well-known keys hide it.
func ShowPath(path string) string {
	if PathLooksSecret(path) {
		return "(not shown: it looks like a key)"
	}
	return quoted(path)
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

// Printable returns text as it is if a terminal prints all of it, else quoted:
// what other programs wrote may hold anything that a terminal obeys.
func Printable(text string) string {
	if isPrintable(text) {
		return text
	}
	return strconv.Quote(text)
}

// Escaped is text with every character that a terminal obeys, or that turns a line
// around, written as an escape of Go's and JSON's.
func Escaped(text string) string {
	if isPrintable(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r) && r != utf8.RuneError:
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Redacted is text without the words that are keys beyond doubt (IsPastedKey).
func Redacted(text string) string {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r > unicode.MaxASCII || !alnum(byte(r)))
	}) {
		if IsPastedKey(word) {
			text = strings.ReplaceAll(text, word, "…")
		}
	}
	return text
}

func isPrintable(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
