package inject

import (
	"encoding/base64"
	"strings"
)

// needle finds one secret in a text: as it is, without its last newline,
// percent-encoded, JSON-escaped and in base64 (both alphabets, at any offset).
type needle struct {
	full  string
	raw   string // without its last newline
	whole bool   // too short to be looked for inside other text
	coded []string
}

func newNeedle(secret []byte) needle {
	full := string(secret)
	raw := trimmed(full)
	n := needle{full: full, raw: raw, whole: len(raw) < shortest}
	if n.whole {
		return n
	}
	for offset := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			n.coded = append(n.coded, inner(enc, raw, offset))
		}
	}
	return n
}

// inner is the part of the base64 text that depends on nothing but secret, if
// secret begins at a byte whose number leaves the given rest modulo 3.
func inner(enc *base64.Encoding, secret string, offset int) string {
	text := enc.EncodeToString(append(make([]byte, offset), secret...))
	return text[(8*offset+5)/6 : 8*(offset+len(secret))/6]
}

// in reports whether text contains the secret. Percent and JSON escapes can be
// written in many ways, so the text is decoded and not the secret encoded.
func (n needle) in(text string) bool {
	if len(text) < len(n.raw) || n.raw == "" {
		return false
	}
	if n.whole {
		return n.equals(text)
	}
	if n.found(text) {
		return true
	}
	if strings.IndexByte(text, '%') >= 0 && n.found(percentDecoded(text)) ||
		strings.IndexByte(text, '\\') >= 0 && n.found(jsonDecoded(text)) {
		return true
	}
	// application/x-www-form-urlencoded
	return strings.IndexByte(n.raw, ' ') >= 0 && strings.IndexByte(text, '+') >= 0 &&
		n.found(percentDecoded(strings.ReplaceAll(text, "+", " ")))
}

// found looks for the secret and its base64, which base64(1) breaks into lines.
func (n needle) found(text string) bool {
	if strings.Contains(text, n.raw) {
		return true
	}
	joined := text
	if strings.ContainsAny(text, " \t\r\n") {
		joined = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	}
	for _, c := range n.coded {
		if strings.Contains(joined, c) {
			return true
		}
	}
	return false
}

// equals is in for a secret that counts only as a whole text, with or without
// its last newline.
func (n needle) equals(text string) bool {
	same := func(s string) bool { return s == n.full || trimmed(s) == n.raw }
	if same(text) || same(jsonDecoded(text)) || same(percentDecoded(text)) ||
		same(percentDecoded(strings.ReplaceAll(text, "+", " "))) {
		return true
	}
	if quoted := trimmed(text); len(quoted) > 1 && quoted[0] == '"' && quoted[len(quoted)-1] == '"' && same(jsonDecoded(quoted[1:len(quoted)-1])) {
		return true
	}
	bare := strings.TrimRight(trimmed(text), "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for _, form := range []string{n.raw, n.full, n.raw + "\n"} { // echo adds the newline
			if bare == enc.EncodeToString([]byte(form)) {
				return true
			}
		}
	}
	return false
}

func trimmed(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }

// Finder returns a function that reports whether a text contains the secret as the
// leak guard looks for it: as it is, without its last newline, JSON-escaped,
// percent-encoded or in base64. A secret under 16 bytes counts only as a whole.
func Finder(secret []byte) func(text string) bool { return newNeedle(secret).in }
