package resolve

import (
	"bytes"
	"io"
)

// boundedOut keeps what is written in memory that is cleared when it is
// outgrown, and calls full instead of growing past max.
type boundedOut struct {
	b    []byte
	max  int
	over bool
	full func()
}

func (o *boundedOut) Write(p []byte) (int, error) {
	if len(o.b)+len(p) > o.max {
		o.over = true
		o.full()
		return 0, io.ErrShortWrite
	}
	if need := len(o.b) + len(p); need > cap(o.b) {
		grown := make([]byte, len(o.b), max(4096, 2*need))
		copy(grown, o.b)
		clear(o.b)
		o.b = grown
	}
	o.b = append(o.b, p...)
	clear(p) // the copier's buffer
	return len(p), nil
}

// complete reports whether the last line is whole: nothing is cut off there.
func (o *boundedOut) complete() bool { return bytes.HasSuffix(o.b, []byte("\n")) }

// headOnly keeps the first max bytes and lets the rest go.
type headOnly struct {
	b   []byte // no embedded bytes.Buffer: io.Copy would find its ReadFrom
	max int
	cut bool
}

func (h *headOnly) Write(p []byte) (int, error) {
	room := min(h.max-len(h.b), len(p))
	h.cut = h.cut || room < len(p)
	h.b = append(h.b, p[:room]...)
	return len(p), nil
}
