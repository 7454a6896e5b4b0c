package mask

import "bytes"

// near is how far the next escape is looked for byte by byte: where there is one, there are often more.
const near = 8

// sift passes over escapes that are in no form, as quickly as can be. It returns the place
// of one that may be, or of which the end is missing, or of none that begins like one; and
// x, before which all is decided.
func (v *view) sift(text []byte, x, i int) (newX, at int) {
	switch v.kind {
	case percent:
		return v.siftPercent(text, x, i)
	case json:
		return v.siftJSON(text, x, i)
	case wrapped:
		return v.siftLines(text, x, i)
	}
	for i < len(text) && !v.escape[text[i]] {
		i++
	}
	return x, i
}

// skipTo is the place of the next c.
func skipTo(text []byte, i int, c byte) int {
	for to := min(i+near, len(text)); i < to; i++ {
		if text[i] == c {
			return i
		}
	}
	if n := bytes.IndexByte(text[i:], c); n >= 0 {
		return i + n
	}
	return len(text)
}

func (v *view) siftPercent(text []byte, x, i int) (int, int) {
	for ; ; i++ {
		if i = skipTo(text, i, '%'); i+2 >= len(text) {
			return x, i
		}
		high, low := hexDigits[text[i+1]], hexDigits[text[i+2]]
		if high == 0 || low == 0 {
			continue
		}
		if v.mayHold(text, x, i, (high-1)<<4|(low-1)) {
			return x, i
		}
		x = i + 1
	}
}

func (v *view) siftJSON(text []byte, x, i int) (int, int) {
	for ; ; i++ {
		if i = skipTo(text, i, '\\'); i+1 >= len(text) || text[i+1] == 'u' {
			return x, i
		}
		c := jsonLetters[text[i+1]]
		if c == 0 {
			continue
		}
		if v.mayHold(text, x, i, c) {
			return x, i
		}
		x = i + 1
	}
}

// siftLines: of several ends of lines in a row the first decides.
func (v *view) siftLines(text []byte, x, i int) (int, int) {
	for from := i; ; from = i {
		i = skipTo(text, i, '\n')
		end := i
		for end < len(text) && space(text[end]) {
			end++
		}
		if i > from && text[i-1] == '\r' {
			i--
		}
		if i == len(text) || end-i <= longestBreak && (end == len(text) || v.mayHold(text, x, i, text[end])) {
			return x, i
		}
		x, i = end, end
	}
}
