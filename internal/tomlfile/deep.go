package tomlfile

import "bytes"

// deepest is how many dots of keys and open brackets may lead to a value: the
// library's time grows with their square, and it recurses, so that its stack could
// overflow, which cannot be caught. What people write has less than ten.
const deepest = 100

// tooDeep reports whether something in data lies deeper than deepest. It knows
// strings and comments, whose dots and brackets are text, and leaves what is not TOML
// to the library, which stops there.
func tooDeep(data []byte) bool {
	var outside [deepest]int // the depth around each open bracket
	open, depth := 0, 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '.':
			depth++ // that of a number counts too: the next comma or line forgets it
		case '[', '{':
			if open == deepest {
				return true
			}
			outside[open] = depth
			open++
			depth++
		case ']', '}':
			if open > 0 {
				open--
				depth = outside[open]
			}
		case ',':
			if open > 0 {
				depth = outside[open-1] + 1
			}
		case '\n':
			if open == 0 {
				depth = 0
			}
		case '#':
			i += lineLength(data[i:]) - 1
		case '"', '\'':
			i += stringLength(data[i:]) - 1
		}
		if depth > deepest {
			return true
		}
	}
	return false
}

// lineLength is the length of the rest of a line, without its newline.
func lineLength(data []byte) int {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i
	}
	return len(data)
}

// stringLength is the length of the string that data begins with, its quotes
// included. One that is not closed is the library's to refuse.
func stringLength(data []byte) int {
	quote, escapes := data[0], data[0] == '"'
	long := len(data) >= 3 && data[1] == quote && data[2] == quote
	i := 1
	if long {
		i = 3
	}
	for ; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\\' && escapes:
			i++
		case c == '\n' && !long:
			return i
		case c == quote && !long:
			return i + 1
		case c == quote && i+2 < len(data) && data[i+1] == quote && data[i+2] == quote:
			return i + 3 + closing(data[i+3:], quote)
		}
	}
	return len(data)
}

// closing is how many quotes stand before the three that end a long string: two at
// most, which belong to it.
func closing(data []byte, quote byte) int {
	n := 0
	for n < 2 && n < len(data) && data[n] == quote {
		n++
	}
	return n
}
