package mask

// hit is an occurrence of a secret.
type hit struct {
	end    int64
	secret int
}

// lane is one view of one stream.
type lane struct {
	view   *view
	tracks []track
	x      int64    // every place before is decided
	seek   int64    // the next escape is not before
	next   [2]int64 // where the next of each starter is, or up to where there is none
	event
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
		for _, n := range l.view.first[w.text[i]] {
			l.try(w, n, w.base+int64(i), closed)
		}
	}
	l.x = w.end()
}

// findEscaped looks at each escape whether it can be the first of a form, which then begins
// behind where the escape before begins.
func (l *lane) findEscaped(w *Writer, closed bool) {
	for {
		x, seek := int(l.x-w.base), int(max(l.x, l.seek)-w.base)
		x, e := l.sift(w, x, seek)
		l.x, l.seek = w.base+int64(x), w.base+int64(e)
		if e == len(w.text) {
			return
		}
		t := l.view.token(w.text[e:], closed)
		if t.size == 0 || t.escape && (t.length != 1 || l.view.mayHold(w.text, x, e, e+t.size, t.value[0])) {
			l.findBefore(w, e, t, closed)
			if l.known {
				return
			}
		}
		l.seek++
		if t.size == 0 || t.escape {
			l.x = l.seek
		}
	}
}

// findBefore tries every place from which an escape is the first.
func (l *lane) findBefore(w *Writer, e int, t token, closed bool) {
	for i := max(int(l.x-w.base), e-l.view.size+1); i < e && !l.known; i++ {
		for _, n := range l.view.first[w.text[i]] {
			l.try(w, n, w.base+int64(i), closed)
		}
	}
	switch {
	case l.known || l.view.kind == wrapped: // a line's end does not begin a form
	case t.size > 0:
		for _, n := range l.view.first[t.value[0]] {
			l.try(w, n, w.base+int64(e), closed)
		}
	default:
		for n := range l.view.forms {
			l.try(w, n, w.base+int64(e), closed)
		}
	}
}
