package inject

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
	if len(escape) < 6 {
		return escape
	}
	r := hexRune(escape)
	if len(escape) == 12 {
		r = utf16.DecodeRune(r, hexRune(escape[6:]))
	}
	return string(r)
}

// hexRune is the number in \uXXXX.
func hexRune(escape string) rune {
	n, _ := strconv.ParseUint(escape[2:6], 16, 16) // hexEscape has checked it
	return rune(n)
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
	case hexEscape(text[6:]) && utf16.DecodeRune(hexRune(text), hexRune(text[6:])) != utf8.RuneError:
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
