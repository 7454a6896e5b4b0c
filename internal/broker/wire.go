package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/graphwork/wg-run/resolve"
)

// version is what both sides must speak: the program may be replaced while a broker
// lives.
const version = "1"

// The wire is a stream of frames: a tag, the length of what follows as four bytes, and
// that. A message begins with frameVersion and ends with frameEnd.
const (
	frameVersion byte = 'B'
	frameEnd     byte = '.'

	// Of a request.
	frameVerb    byte = 'q'
	frameHome    byte = 'h'
	frameProfile byte = 'p' // empty: the active one
	frameSkip    byte = 's' // the name of a secret that is not wanted
	frameRef     byte = 'r' // what to forget

	// Of an answer.
	frameWait    byte = 'w' // still looking
	frameDone    byte = 'k'
	frameRefused byte = 'x'
	frameBusy    byte = 'b'
	frameOthers  byte = 'n' // not the broker's business
	frameFile    byte = 'f' // a file's name, and then
	frameContent byte = 'c' // its content
	frameName    byte = 'N' // of a secret; what belongs to it follows
	frameSource  byte = 'S'
	frameSay     byte = 'l'
	frameValue   byte = 'v'
	frameError   byte = 'e'
	frameHint    byte = 'i'
	frameOutcome byte = 'o'
	frameStatus  byte = 'j'

	// Of an order (Order), beside some of these.
	frameOrder    byte = 'O'
	frameIdentity byte = 'I'
	frameProgram  byte = 'g' // name and fingerprint, with a NUL between
	frameOf       byte = 'P' // the profile that the next value belongs to
)

// Bounds of a message: of a frame that is no value, of all frames of a request, of
// their number.
const (
	maxFrame   = 1 << 20
	maxRequest = 64 << 10
	maxFrames  = 64 << 10
	maxOrder   = 256 << 20 // of an order, a query, or an answer
)

var errWire = errors.New("what came is no message of a broker's")

// header is the beginning of a frame.
func header(tag byte, length int) []byte {
	return binary.BigEndian.AppendUint32([]byte{tag}, uint32(length))
}

// message is one that is being made. It holds no value: those are written by themselves.
type message struct{ b []byte }

func newMessage() *message { return (&message{}).add(frameVersion, version) }

func (m *message) add(tag byte, text string) *message {
	m.b = append(append(m.b, header(tag, len(text))...), text...)
	return m
}

func (m *message) end() []byte { return m.add(frameEnd, "").b }

// reader reads frames. limit is how many bytes all of them may have.
type reader struct {
	r      io.Reader
	limit  int
	frames int
}

// next returns a frame's tag and length; its content is to be read next. At the end of
// a message the tag is frameEnd.
func (r *reader) next() (tag byte, length int, err error) {
	var h [5]byte
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return 0, 0, err
	}
	tag = h[0]
	n := binary.BigEndian.Uint32(h[1:])
	limit := uint32(maxFrame)
	if tag == frameValue || tag == frameIdentity {
		limit = resolve.MaxSecret
	}
	r.frames++
	if n > limit || int(n)+len(h) > r.limit || r.frames > maxFrames {
		return 0, 0, fmt.Errorf("%w: too long", errWire)
	}
	r.limit -= int(n) + len(h)
	return tag, int(n), nil
}

// text reads the content of a frame.
func (r *reader) text(length int) (string, error) {
	b := make([]byte, length)
	_, err := io.ReadFull(r.r, b)
	return string(b), err
}

// each reads one message and has take look at each of its frames. take reads no
// content; a value is read into what into returns for its length.
func (r *reader) each(take func(tag byte, text string) error, into func(tag byte, length int) ([]byte, error)) error {
	tag, n, err := r.next()
	if err != nil {
		return err
	}
	text, err := r.text(n)
	if err != nil {
		return err
	}
	if tag != frameVersion || text != version {
		return fmt.Errorf("%w of this version", errWire)
	}
	for {
		if tag, n, err = r.next(); err != nil {
			return err
		}
		switch {
		case tag == frameEnd:
			return nil
		case tag == frameValue || tag == frameIdentity:
			if into == nil {
				return errWire
			}
			var b []byte
			if b, err = into(tag, n); err == nil {
				_, err = io.ReadFull(r.r, b)
			}
		default:
			if text, err = r.text(n); err == nil {
				err = take(tag, text)
			}
		}
		if err != nil {
			return err
		}
	}
}
