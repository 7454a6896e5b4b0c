// Package mask replaces secrets in a stream by [redacted:NAME]: as they are, in
// hexadecimal, in base64 at any offset, percent-encoded and JSON-escaped, wherever the
// stream was cut into writes. All other bytes pass as they are and are not kept longer than it takes to tell.
//
// It stops at what it can read: a secret that is compressed, encrypted, reversed, encoded
// twice or cut up by the program stays, as do the characters at the two ends of a base64 text
// that hold bits of the secret and of something else.
package mask

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// Shortest is the least length, without the last newline, of a secret that is masked:
	// a shorter one would stand in much that is none.
	Shortest = 8
	// patience is how long a possible beginning of less than Shortest bytes is held. A
	// prompt may end with it.
	patience = 50 * time.Millisecond
	// portion bounds what is looked at at a time, and with it what is kept.
	portion = 128 << 10
)

var errClosed = errors.New("masking: the stream is closed")

// Secret is what is replaced, and the name that takes its place.
type Secret struct {
	Name  string
	Value []byte
}

// Masks reports whether a secret is long enough to be masked.
func Masks(value []byte) bool { return len(trimmed(value)) >= Shortest }

// trimmed is a value without its last newline, which is no secret, and often is not
// printed with it.
func trimmed(value []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
}

// Writer masks what is written to it. What may be the beginning of a secret waits for what follows.
type Writer struct {
	mu  sync.Mutex
	out io.Writer
	set *Set
	own bool // the set is nobody else's
	err error

	text    []byte  // from base on: what is not decided, or has just come
	base    int64   // where text begins in the stream
	hold    int64   // where the earliest possible beginning of a secret begins
	done    int64   // up to where the stream is written out or replaced
	covered int64   // where the last replaced secret ends
	last    int     // which it was
	lanes   []*lane // one for each view
	hits    []hit
	found   []int
	kept    []byte // the memory of text, if it is ours
	pending outlet

	after func(time.Duration, func()) (stop func() bool)
	stop  func() bool
	turn  int // counts writes, so that a late timer knows that it is
	steps int // counts comparisons and bytes moved, for tests
}

// New returns a Writer that writes to out, and copies what it needs of the secrets. Close wipes the copies.
func New(out io.Writer, secrets []Secret) *Writer {
	w := NewSet(secrets).Writer(out)
	w.own = true
	return w
}

// Writer returns a Writer to out that masks what is in the set.
func (s *Set) Writer(out io.Writer) *Writer {
	w := &Writer{out: out, set: s, last: -1, found: make([]int, len(s.names)), after: func(d time.Duration, f func()) func() bool {
		return time.AfterFunc(d, f).Stop
	}}
	for _, v := range s.views {
		w.lanes = append(w.lanes, newLane(v))
	}
	return w
}

// Write masks p, and writes what is decided. An error is that of the writer behind it.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest()
	for data := p; len(data) > 0 && w.err == nil; {
		n := min(len(data), portion)
		w.take(data[:n])
		data = data[n:]
	}
	if w.err != nil {
		return 0, w.err
	}
	if at := w.end(); at-w.hold < Shortest && at > w.done {
		turn := w.turn
		w.stop = w.after(patience, func() { w.release(turn) })
	}
	return len(p), nil
}

// Close writes what was held. The writer behind stays open.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == errClosed {
		return nil
	}
	w.rest()
	if w.err == nil {
		w.scan(true)
	}
	err := w.err
	w.err = errClosed
	clear(w.kept[:cap(w.kept)])
	w.pending.wipe()
	if w.own {
		w.set.Wipe()
	}
	return err
}

// Found returns how often each secret was replaced, in the order in which they were given.
func (w *Writer) Found() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.found...)
}

// rest ends the waiting for what follows.
func (w *Writer) rest() {
	w.turn++
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// release writes a short beginning that waited in vain. It stays in mind: if the secret goes on after all, the rest of it is masked.
func (w *Writer) release(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn != w.turn || w.err != nil {
		return
	}
	w.emit(w.end())
	w.flush()
}

// end is where what has come so far ends.
func (w *Writer) end() int64 { return w.base + int64(len(w.text)) }

// take looks at what came, behind what was held. Without the latter nothing is copied.
func (w *Writer) take(data []byte) {
	ours := len(w.text) > 0
	if ours {
		w.kept = append(w.kept, data...)
		data = w.kept
	}
	w.text = data
	w.scan(false)
	held := data[w.hold-w.base:]
	if ours && len(data)-len(held) <= len(held) {
		return // a long one that comes byte by byte is not moved at every byte
	}
	w.steps += len(held)
	w.kept = append(w.kept[:0], held...) // append moves what overlaps rightly
	w.text = w.kept
	w.base = w.hold
}
