package mask

import "io"

// outlet gathers what one write lets out. A single piece is not copied.
type outlet struct {
	one  []byte
	many []byte
}

func (o *outlet) add(b []byte) {
	switch {
	case len(b) == 0:
	case o.one == nil && len(o.many) == 0:
		o.one = b
	default:
		o.many = append(append(o.many, o.one...), b...)
		o.one = nil
	}
}

// flush writes it.
func (o *outlet) flush(out io.Writer) error {
	b := o.one
	if b == nil {
		b = o.many
	}
	if len(b) == 0 {
		return nil
	}
	n, err := out.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	o.one, o.many = nil, o.many[:0]
	return err
}

func (o *outlet) wipe() {
	clear(o.many[:cap(o.many)])
	o.one, o.many = nil, nil
}

// emit lets the stream out up to a place.
func (w *Writer) emit(to int64) {
	if to > w.done {
		w.pending.add(w.text[w.done-w.base : to-w.base])
		w.done = to
	}
}

func (w *Writer) flush() {
	if err := w.pending.flush(w.out); err != nil && w.err == nil {
		w.err = err
	}
}

// replace puts a name in the place of a secret. Where two overlap, both names stand there,
// but one name only once: what repeats itself, as a row of zeros, overlaps itself.
func (w *Writer) replace(at int64, h hit) {
	w.emit(at)
	if apart := at >= w.covered; apart || h.end > w.covered && h.secret != w.last {
		w.pending.add(w.set.names[h.secret])
		w.found[h.secret]++
		w.last = h.secret
	}
	w.covered = max(w.covered, h.end)
	w.done = max(w.done, h.end)
}
