package mask

import (
	"unicode/utf16"
	"unicode/utf8"
)

// token is what stands at one place of a text: an escape, or one byte for itself.
type token struct {
	value  [4]byte
	length int  // of the value
	size   int  // in the text; 0 if what follows decides
	escape bool // not for itself
}

func literal(c byte) token { return token{value: [4]byte{c}, length: 1, size: 1} }

// token reads what begins at the start of text. At the end of the stream nothing follows.
func (v *view) token(text []byte, closed bool) (t token) {
	if !v.escape[text[0]] {
		return literal(text[0])
	}
	switch v.kind {
	case percent, query:
		t = percentToken(text)
	case json:
		t = jsonToken(text)
	case wrapped:
		t = wrappedToken(text)
	}
	if t.size == 0 && closed {
		if v.kind == json && len(text) >= 6 { // half a pair
			return runeToken(utf8.RuneError, 6)
		}
		return literal(text[0])
	}
	return t
}

func percentToken(text []byte) token {
	if text[0] == '+' {
		return token{value: [4]byte{' '}, length: 1, size: 1, escape: true}
	}
	n := 0
	for i := 1; i < 3; i++ {
		if i == len(text) {
			return token{}
		}
		digit := hexDigit(text[i])
		if digit < 0 {
			return literal(text[0])
		}
		n = n<<4 | digit
	}
	return token{value: [4]byte{byte(n)}, length: 1, size: 3, escape: true}
}

// jsonToken reads a surrogate pair as one escape, and half of one as what decoders make of it.
func jsonToken(text []byte) token {
	if len(text) == 1 {
		return token{}
	}
	if text[1] != 'u' {
		c := jsonLetters[text[1]]
		if c == 0 {
			return literal(text[0])
		}
		return token{value: [4]byte{c}, length: 1, size: 2, escape: true}
	}
	unit, size := jsonUnit(text)
	switch {
	case size < 6:
		return token{size: size, value: [4]byte{text[0]}, length: 1}
	case !utf16.IsSurrogate(unit):
		return runeToken(unit, 6)
	case unit < 0xDC00:
		low, size := jsonUnit(text[6:])
		if r := utf16.DecodeRune(unit, low); size == 6 && r != utf8.RuneError {
			return runeToken(r, 12)
		}
		if size == 0 {
			return token{}
		}
	}
	return runeToken(utf8.RuneError, 6)
}

// jsonUnit reads \uXXXX. The size is 6, or 1 if it is none, or 0 if what follows decides.
func jsonUnit(text []byte) (unit rune, size int) {
	for i := range 6 {
		if i == len(text) {
			return 0, 0
		}
		switch digit := hexDigit(text[i]); {
		case i == 0 && text[i] != '\\', i == 1 && text[i] != 'u', i > 1 && digit < 0:
			return 0, 1
		case i > 1:
			unit = unit<<4 | rune(digit)
		}
	}
	return unit, 6
}

func runeToken(r rune, size int) token {
	t := token{size: size, escape: true}
	t.length = utf8.EncodeRune(t.value[:], r)
	return t
}

// longestBreak bounds what is taken for one break of a line, and its indent.
const longestBreak = 16

// wrappedToken reads the end of a line and what indents the next, which stand for nothing.
func wrappedToken(text []byte) token {
	i := 0
	if text[0] == '\r' {
		i = 1
	}
	if i < len(text) && text[i] != '\n' {
		return literal(text[0])
	}
	for i < len(text) && i <= longestBreak && space(text[i]) {
		i++
	}
	switch {
	case i > longestBreak:
		return literal(text[0])
	case i == len(text):
		return token{}
	}
	return token{size: i, escape: true}
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// hexDigit is what a digit stands for, or -1.
func hexDigit(c byte) int { return int(hexDigits[c]) - 1 }

// hexDigits are what digits stand for, and one more; jsonLetters what letters stand for behind a backslash.
var (
	hexDigits = [256]byte{
		'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
		'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16, 'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16,
	}
	jsonLetters = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
)
