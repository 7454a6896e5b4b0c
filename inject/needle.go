package inject

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
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

// percentDecoded decodes what is a valid escape and leaves the rest, as a
// lenient reader does.
func percentDecoded(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if one, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(one)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// jsonDecoded decodes JSON escapes (RFC 8259, section 7) wherever they stand.
func jsonDecoded(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			i++
			continue
		}
		size := escapeSize(text[i:])
		b.WriteString(unescaped(text[i : i+size]))
		i += size
	}
	return b.String()
}

// unescaped decodes one escape; what is none stays.
func unescaped(escape string) string {
	if len(escape) <= 2 {
		if i := strings.IndexByte(`"\/bfnrt`, escape[len(escape)-1]); i >= 0 && len(escape) == 2 {
			return "\"\\/\b\f\n\r\t"[i : i+1]
		}
		return escape
	}
	var s string
	if json.Unmarshal([]byte(`"`+escape+`"`), &s) != nil {
		return escape
	}
	return s
}

// escapeSize is the length of the escape at the start of text; a surrogate pair
// is one escape, and a backslash that begins none stands for itself.
func escapeSize(text string) int {
	switch {
	case len(text) < 2:
		return len(text)
	case text[1] != 'u':
		return 2
	case !hexEscape(text):
		return 1
	case (text[2]|0x20) == 'd' && hexEscape(text[6:]):
		return 12
	}
	return 6
}

// hexEscape reports whether text begins with \uXXXX.
func hexEscape(text string) bool {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return false
	}
	for _, c := range []byte(text[2:6]) {
		if !(c >= '0' && c <= '9' || (c|0x20) >= 'a' && (c|0x20) <= 'f') {
			return false
		}
	}
	return true
}
