package mask

import "bytes"

// hit is an occurrence of a secret.
type hit struct {
	end    int64
	secret int
}

// lane is one view of one stream.
type lane struct {
	view   *view
	tracks []track
	x      int64 // every place before is decided
	seek   int64 // the next escape is not before
	starts [2]start
	event
}

// start is where the next byte is that begins escapes, or up to where there is none.
type start struct {
	at    int64
	found bool
}

// event is a place where secrets begin, or may begin.
type event struct {
	known bool
	at    int64
	begun bool
	hits  []hit
}

func newLane(v *view) *lane {
	return &lane{view: v, tracks: make([]track, len(v.forms)*int(classes[v.kind]))}
}

// find looks for the next event, and reports whether there is one.
func (l *lane) find(w *Writer, closed bool) bool {
	if l.known {
		return true
	}
	l.begun, l.hits = false, l.hits[:0]
	if l.view.kind == plain {
		l.findPlain(w, closed)
	} else {
		l.findEscaped(w, closed)
	}
	return l.known
}

// try looks whether one of the forms begins at a place.
func (l *lane) try(w *Writer, number int, at int64, closed bool) {
	s, end := l.match(w, number, at, closed)
	switch s {
	case absent:
		return
	case there:
		l.hits = append(l.hits, hit{end, l.view.forms[number].secret})
	case begun:
		if closed {
			return
		}
		l.begun = true
	}
	l.known, l.at = true, at
}

func (l *lane) findPlain(w *Writer, closed bool) {
	x := &w.set.index
	i := int(l.x - w.base)
	for {
		at, forms := x.next(w.text, i)
		i = at
		if forms == nil {
			break
		}
		for _, n := range forms {
			l.try(w, n, w.base+int64(i), closed)
		}
		if l.known {
			return
		}
		i++
	}
	for ; i < len(w.text) && !closed && !l.known; i++ {
		for _, n := range x.first[w.text[i]] {
			l.try(w, n, w.base+int64(i), closed)
		}
	}
	l.x = w.end()
}

// findEscaped looks at each escape whether it can be the first of a form, which then begins
// behind where the escape before begins.
func (l *lane) findEscaped(w *Writer, closed bool) {
	for {
		at, found := l.nextEscape(w, closed)
		if !found {
			return
		}
		e, i := int(at-w.base), int(l.x-w.base)
		t := l.view.token(w.text[e:], closed)
		if t.size == 0 || t.escape && (l.view.first[t.value[0]] || e > i && l.view.mayHold(w.text[e-1], t.value[0])) {
			l.findBefore(w, e, t, closed)
			if l.known {
				return
			}
		}
		l.seek = at + 1
		if t.size == 0 || t.escape {
			l.x = at + 1
		}
	}
}

// findBefore tries every place from which an escape is the first.
func (l *lane) findBefore(w *Writer, e int, t token, closed bool) {
	for i := max(int(l.x-w.base), e-l.view.size+1); i <= e; i++ {
		c := w.text[i]
		if i == e {
			if l.view.kind == wrapped {
				return // what begins behind the line's end is the next escape's
			}
			c = t.value[0]
		}
		if !l.view.first[c] && (i < e || t.size > 0) {
			continue
		}
		for n, f := range l.view.forms {
			if i == e && t.size == 0 || f.fold[c] == f.text[0] {
				l.try(w, n, w.base+int64(i), closed)
			}
		}
		if l.known {
			return
		}
	}
}

// nextEscape finds the next byte that may begin an escape.
func (l *lane) nextEscape(w *Writer, closed bool) (at int64, found bool) {
	l.seek = max(l.seek, l.x)
	list := starters[l.view.kind]
	for n := range len(list) {
		s := &l.starts[n]
		if !s.found || s.at < l.seek {
			s.at = max(l.seek, s.at)
			i := bytes.IndexByte(w.text[s.at-w.base:], list[n])
			if s.found = i >= 0; s.found {
				s.at += int64(i)
			} else {
				s.at = w.end()
			}
		}
		if s.found && (!found || s.at < at) {
			at, found = s.at, true
		}
	}
	if l.view.kind == wrapped {
		return l.carriageReturn(w, at, found, closed)
	}
	return at, found
}

// carriageReturn: a line's end may begin one byte earlier, and that byte may be the last to have come.
func (l *lane) carriageReturn(w *Writer, at int64, found, closed bool) (int64, bool) {
	if !found {
		at = w.end()
	}
	if at > l.seek && w.text[at-1-w.base] == '\r' && (found || !closed) {
		return at - 1, true
	}
	return at, found
}
