package names

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Hidden stands in a text for what may be a pasted key.
const Hidden = "(not shown: it looks like a key)"

// Show returns s in quotes for an error text, or a stand-in that repeats
// nothing of it where s looks like a key that was pasted in the wrong place.
func Show(s string) string {
	if LooksSecret(s) {
		return Hidden
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
		return Hidden
	}
	return quoted(path)
}

// Or returns s for a command line in a hint, or placeholder where s looks like a
// pasted key.
func Or(s, placeholder string) string {
	if LooksSecret(s) {
		return placeholder
	}
	return s
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
