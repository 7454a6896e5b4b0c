package mask

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// scan decides all that can be decided, and writes it.
func (w *Writer) scan(closed bool) {
	for {
		at, begun, found := w.earliest(closed)
		if !found || begun {
			if w.hold = w.end(); found {
				w.hold = at
			}
			break
		}
		w.hits = w.hits[:0]
		for _, l := range w.lanes {
			if l.known && l.at == at {
				w.hits = append(w.hits, l.hits...)
				l.known, l.x = false, at+1
			}
		}
		// The longest first; of equal ones that which was given first.
		slices.SortFunc(w.hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.end, a.end), a.secret-b.secret) })
		for _, h := range w.hits {
			w.replace(at, h)
		}
	}
	w.emit(w.hold)
	w.flush()
	for _, l := range w.lanes {
		if l.known && l.begun {
			l.known, l.x = false, l.at
		}
		l.keepUp(w, closed)
		l.x = max(l.x, w.hold) // what goes on as it is may go on escaped
	}
}

// earliest is the first place where a secret begins, or may begin.
func (w *Writer) earliest(closed bool) (at int64, begun, found bool) {
	for _, l := range w.lanes {
		if !l.find(w, closed) {
			continue
		}
		switch {
		case !found || l.at < at:
			at, begun, found = l.at, l.begun, true
		case l.at == at:
			begun = begun || l.begun
		}
	}
	return at, begun, found
}

// mayBe reports whether the beginning of an escape, if that is what it is, may stand for the beginning of a text.
func (v *view) mayBe(want, escape []byte) bool {
	if len(escape) < 2 || want[0] == escape[0] || v.kind == wrapped {
		return true
	}
	if v.kind == json {
		return mayBeRune(want, bytes.ToLower(escape))
	}
	return hexDigit(escape[1]) == int(want[0]>>4)
}

// mayBeRune is mayBe for \u.
func mayBeRune(want, escape []byte) bool {
	r, size := utf8.DecodeRune(want)
	if r == utf8.RuneError {
		return size > 1 // then half a pair stands for it, too
	}
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return bytes.HasPrefix(fmt.Appendf(nil, `\u%04x\u%04x`, high, low), escape)
	}
	return bytes.HasPrefix(fmt.Appendf(nil, `\u%04x`, r), escape)
}
