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
	raw   string
	whole bool // too short to be looked for inside other text
	coded []string
}

func newNeedle(secret []byte) needle {
	raw := strings.TrimSuffix(strings.TrimSuffix(string(secret), "\n"), "\r")
	n := needle{raw: raw, whole: len(raw) < shortest}
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
	if strings.Contains(text, n.raw) {
		return true
	}
	for _, c := range n.coded {
		if strings.Contains(text, c) {
			return true
		}
	}
	if strings.IndexByte(n.raw, ' ') >= 0 && strings.IndexByte(text, '+') >= 0 &&
		strings.Contains(percentDecoded(strings.ReplaceAll(text, "+", " ")), n.raw) {
		return true // application/x-www-form-urlencoded
	}
	return strings.IndexByte(text, '%') >= 0 && strings.Contains(percentDecoded(text), n.raw) ||
		strings.IndexByte(text, '\\') >= 0 && strings.Contains(jsonDecoded(text), n.raw)
}

func (n needle) equals(text string) bool {
	trimmed := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if trimmed == n.raw {
		return true
	}
	bare := strings.TrimRight(trimmed, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if bare == enc.EncodeToString([]byte(n.raw)) {
			return true
		}
	}
	var s string
	return strings.IndexByte(text, '%') >= 0 && percentDecoded(trimmed) == n.raw ||
		json.Unmarshal([]byte(trimmed), &s) == nil && s == n.raw ||
		strings.IndexByte(text, '\\') >= 0 && jsonDecoded(trimmed) == n.raw
}

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
	if len(escape) == 2 {
		if i := strings.IndexByte(`"\/bfnrt`, escape[1]); i >= 0 {
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
// is one escape.
func escapeSize(text string) int {
	switch {
	case len(text) >= 12 && text[1] == 'u' && (text[2]|0x20) == 'd' && text[6] == '\\' && text[7] == 'u':
		return 12
	case len(text) >= 6 && text[1] == 'u':
		return 6
	case len(text) >= 2:
		return 2
	}
	return 1
}
