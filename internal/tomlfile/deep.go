package tomlfile

import "bytes"

// deepest is how many dots of keys and open brackets may lead to a value, and longest
// how many bytes a key may have: the library's time grows with the square of the one,
// times the other; and it recurses, so that its stack could overflow, which cannot be
// caught. What people write has less than ten, and less than a hundred.
const deepest, longest = 60, 1000

// scan is where a walk over a file is. It knows strings and comments, whose dots and
// brackets are text, and leaves what is not TOML to the library, which stops there.
type scan struct {
	outside [deepest]level // around each open bracket
	open    int
	level
}

// level is what is known at the innermost bracket.
type level struct {
	depth int
	inKey bool // no = was seen since a key could begin
	key   int  // its bytes so far
	table bool // the bracket is a {
}

// tooDeep reports whether something in data lies deeper than deepest, or has a key
// longer than longest.
func tooDeep(data []byte) bool {
	s := scan{level: level{inKey: true}}
	for i := 0; i < len(data); i++ {
		length := 1
		switch c := data[i]; c {
		case '#':
			i += lineLength(data[i:]) - 1
			length = 0
		case ' ', '\t', '\r':
			length = 0
		case '"', '\'':
			length = stringLength(data[i:])
			i += length - 1
		default:
			if !s.step(c) {
				return true
			}
		}
		if s.inKey {
			s.key += length
		}
		if s.depth > deepest || s.key > longest {
			return true
		}
	}
	return false
}

// step takes one character outside of strings; false where too many brackets are open.
func (s *scan) step(c byte) bool {
	switch c {
	case '=':
		s.inKey, s.key = false, 0
	case '.':
		s.depth++ // that of a number counts too: the next comma or line forgets it
	case '[', '{':
		if s.open == deepest {
			return false
		}
		s.outside[s.open] = s.level
		s.open++
		s.depth++
		if s.table = c == '{'; s.table {
			s.inKey, s.key = true, 0
		}
	case ']', '}':
		if s.open > 0 {
			s.open--
			key := s.key
			s.level = s.outside[s.open]
			if s.inKey { // a header, whose text goes on counting
				s.key = key
			}
		}
	case ',':
		if s.open > 0 {
			s.depth, s.inKey, s.key = s.outside[s.open-1].depth+1, s.table, 0
		}
	case '\n':
		if s.open == 0 {
			s.level = level{inKey: true}
		}
	}
	return true
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
