package mask

// state is how far a form is there.
type state int

const (
	absent state = iota
	begun        // as far as the text goes
	there
)

// track remembers what was compared last with a form, so that bytes are not compared again and again: what
// begins inside a text that is known to be a part of the form goes on as the form repeats itself. (Not so if
// it begins inside an escape, which takes a secret that is a long row of quotes to matter.)
type track struct {
	used  bool
	start int64 // where it began,
	got   int   // how many bytes of the form are there,
	at    int64 // and where in the stream they end
	// A place between start and at where a token begins, and the form's bytes before it.
	mark  int64
	ahead int
}

// worth is how many known bytes are worth a look at how the form repeats itself.
const worth = 16

// match compares the text that begins at a place of the stream with a form.
func (l *lane) match(w *Writer, number int, at int64, closed bool) (state, int64) {
	f, classes := l.view.forms[number], classes[l.view.kind]
	t := &l.tracks[int64(number)*classes+at%classes]
	got, to := 0, at
	if t.used && at >= t.mark && at < t.at && l.walk(w, t, at, closed) {
		known := t.got - t.ahead
		switch {
		case t.ahead == 0:
			got, to = t.got, t.at
		case known >= worth:
			if int(f.repeats()[t.ahead]) < known {
				return absent, 0
			}
			got, to = known, t.at
		}
	}
	got, next, s := l.view.compare(f, got, w.text, int(to-w.base), closed)
	w.steps += int(next) - int(to-w.base) + 1
	*t = track{used: true, start: at, mark: at, got: got, at: w.base + int64(next)}
	return s, t.at
}

// keepUp moves the marks that would fall out of what is kept.
func (l *lane) keepUp(w *Writer, closed bool) {
	for i := range l.tracks {
		if t := &l.tracks[i]; t.used && t.mark < w.hold && t.at > w.hold {
			l.walk(w, t, w.hold, closed)
		}
	}
}

// walk moves the mark to a place, and reports whether a token begins there.
func (l *lane) walk(w *Writer, t *track, to int64, closed bool) bool {
	if l.view.kind == plain {
		t.ahead += int(to - t.mark)
		t.mark = to
		return true
	}
	for t.mark < to {
		token := l.view.token(w.text[t.mark-w.base:], closed)
		t.mark += int64(token.size)
		t.ahead += token.length
	}
	return t.mark == to
}

// compare goes on behind got bytes of a form, at a place of the text, as long as the two are the same.
func (v *view) compare(f *form, got int, text []byte, at int, closed bool) (int, int, state) {
	for got < len(f.text) {
		if at == len(text) {
			return got, at, begun
		}
		c := text[at]
		if !v.escape[c] {
			if f.fold.to[c] != f.text[got] {
				return got, at, absent
			}
			got++
			at++
			continue
		}
		t := v.token(text[at:], closed)
		if t.size == 0 {
			if !v.mayBe(f.text[got:], text[at:]) {
				return got, at, absent
			}
			return got, at, begun
		}
		if t.length > len(f.text)-got {
			return got, at, absent
		}
		for i := range t.length {
			if f.fold.to[t.value[i]] != f.text[got+i] {
				return got, at, absent
			}
		}
		got += t.length
		at += t.size
	}
	return got, at, there
}
