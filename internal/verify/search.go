package verify

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/graphwork/wg-run/inject"
)

// shortest is the length from which the leak guard looks for a value inside other text.
const shortest = 16

// needle finds one canary in a text, in every form that the leak guard knows, and in hex.
type needle struct {
	name    string
	raw     string
	base64  []string
	hex     string
	guard   func(string) bool
	longest int // of its forms, with room for line breaks
}

func newNeedle(name string, value []byte) needle {
	raw := strings.TrimRight(string(value), "\r\n")
	n := needle{name: name, raw: raw, hex: hex.EncodeToString([]byte(raw)), guard: inject.Finder(value)}
	for offset := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := enc.EncodeToString(append(make([]byte, offset), raw...))
			n.base64 = append(n.base64, text[(8*offset+5)/6:8*(offset+len(raw))/6])
		}
	}
	n.longest = 8 * len(raw) // \u0041 is six for one
	return n
}

// in says in which form the canary is in text, "" where it is not.
func (n needle) in(text string) string {
	if len(text) < len(n.raw) {
		return ""
	}
	if strings.Contains(text, n.raw) {
		return "as it is"
	}
	joined := text
	if strings.ContainsAny(text, " \t\r\n") { // base64 and xxd -p break lines
		joined = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	}
	if strings.Contains(joined, n.raw) {
		return "spaced out"
	}
	for _, form := range n.base64 {
		if strings.Contains(joined, form) {
			return "base64"
		}
	}
	if inHex(joined, n.hex) {
		return "hex"
	}
	if n.guard(text) {
		return "escaped"
	}
	return ""
}

// inParts is in for texts that each end with a NUL, of which several together may be it.
func (n needle) inParts(text []byte) string {
	return cmp.Or(n.in(string(text)), n.in(string(bytes.ReplaceAll(text, []byte{0}, nil))))
}

// inHex looks for lower and upper case, also with what programs write between the bytes.
func inHex(text, form string) bool {
	if strings.Contains(text, form) || strings.Contains(text, strings.ToUpper(form)) {
		return true
	}
	if !strings.ContainsAny(text, ":\\") {
		return false
	}
	bare := strings.NewReplacer(":", "", `\x`, "", `\X`, "").Replace(text)
	return strings.Contains(bare, form) || strings.Contains(bare, strings.ToUpper(form))
}

// stream finds canaries in what comes piece by piece.
type stream struct {
	needles []needle
	tail    []byte
	found   func(n needle, form string)
}

// Write searches p together with the end of what came before. It never fails.
func (s *stream) Write(p []byte) (int, error) {
	longest := 0
	text := string(s.tail) + string(p)
	for _, n := range s.needles {
		longest = max(longest, n.longest)
		if form := n.in(text); form != "" {
			s.found(n, form)
		}
	}
	s.tail = append(s.tail[:0], text[last(text, longest):]...)
	return len(p), nil
}

// mostSpace bounds the white space that is kept with the end of a text.
const mostSpace = 64 << 10

// last is where the last n bytes of a text begin that are no white space.
func last(text string, n int) int {
	i := len(text)
	for least := max(0, len(text)-n-mostSpace); i > least && n > 0; i-- {
		if !strings.ContainsRune(" \t\r\n", rune(text[i-1])) {
			n--
		}
	}
	return i
}
