package mask

import "bytes"

// near is how far the next escape is looked for byte by byte: where there is one, there are often more.
const near = 8

// sift passes over escapes that are in no form, as quickly as can be. It returns the place
// of one that may be, or of which the end is missing, or of none that begins like one; and
// x, before which all is decided.
func (l *lane) sift(w *Writer, x, i int) (newX, at int) {
	switch v := l.view; v.kind {
	case percent:
		return v.siftPercent(w.text, x, i)
	case json:
		return v.siftJSON(w.text, x, i)
	case wrapped:
		return v.siftLines(w.text, x, i)
	}
	return l.siftQuery(w, x, i)
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
		if v.mayHold(text, x, i, i+3, (high-1)<<4|(low-1)) {
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
		if v.mayHold(text, x, i, i+2, c) {
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
		if i == len(text) || end-i <= longestBreak && (end == len(text) || v.mayHold(text, x, i, end+1, text[end])) {
			return x, i
		}
		x, i = end, end
	}
}

// siftQuery has two bytes to look for, of which one may be rare.
func (l *lane) siftQuery(w *Writer, x, i int) (int, int) {
	for {
		e := len(w.text)
		for n := range l.next {
			c, at := starters[query][n], int(l.next[n]-w.base)
			if at = max(at, i); at < len(w.text) && w.text[at] != c {
				at = skipTo(w.text, at, c)
			}
			l.next[n] = w.base + int64(at)
			e = min(e, at)
		}
		if e == len(w.text) {
			return x, e
		}
		t := l.view.token(w.text[e:], false)
		if t.size == 0 || t.escape && l.view.mayHold(w.text, x, e, e+t.size, t.value[0]) {
			return x, e
		}
		if i = e + 1; t.escape {
			x = i
		}
	}
}
