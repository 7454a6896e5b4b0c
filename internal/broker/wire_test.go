//go:build unix

package broker

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/graphwork/wg-run/resolve"
)

// frames are a message that was not made by a message.
func frames(parts ...any) []byte {
	var b []byte
	for i := 0; i < len(parts); i += 2 {
		text := parts[i+1].(string)
		b = append(append(b, header(parts[i].(byte), len(text))...), text...)
	}
	return b
}

func TestReadRequest(t *testing.T) {
	good := newMessage().add(frameVerb, verbRun).add(frameHome, "/h").add(frameProfile, "").add(frameSkip, "a").add(frameSkip, "b").add(frameRef, "x:y").end()
	long := func(n int) []byte { return newMessage().add(frameHome, strings.Repeat("x", n)).end() }
	const around = 3*5 + len(version) // what a message of one frame has beside its text
	for name, row := range map[string]struct {
		in   []byte
		want error // nil: it is read; errWire, or what the reader says
	}{
		"a request":                   {good, nil},
		"nothing in it":               {newMessage().end(), nil},
		"nothing":                     {nil, io.EOF},
		"half a header":               {good[:3], io.ErrUnexpectedEOF},
		"no end":                      {good[:len(good)-5], io.EOF},
		"half a frame":                {good[:len(good)-7], io.ErrUnexpectedEOF},
		"garbage":                     {bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 9), errWire},
		"zeros":                       {make([]byte, 100), errWire},
		"1 GiB":                       {header(frameVersion, 1<<30), errWire},
		"1 GiB behind the version":    {append(newMessage().b, header(frameHome, 1<<30)...), errWire},
		"4 GiB":                       {append(newMessage().b, header(frameHome, 1<<32-1)...), errWire},
		"an unknown tag":              {newMessage().add('?', "").end(), errWire},
		"an answer's tag":             {newMessage().add(frameDone, "").end(), errWire},
		"a value":                     {frames(frameVersion, version, frameValue, "x", frameEnd, ""), errWire},
		"another version":             {frames(frameVersion, "2", frameEnd, ""), errWire},
		"no version":                  {frames(frameVerb, verbRun, frameEnd, ""), errWire},
		"a version and another's tag": {frames(frameVerb, version, frameEnd, ""), errWire},
		"as long as may be":           {long(maxRequest - around), nil},
		"one byte more":               {long(maxRequest - around + 1), errWire},
		"too many frames":             {append(newMessage().b, bytes.Repeat(frames(frameSkip, ""), maxFrames)...), errWire},
	} {
		for how, r := range map[string]io.Reader{"whole": bytes.NewReader(row.in), "by the byte": iotest.OneByteReader(bytes.NewReader(row.in))} {
			_, err := readRequest(&ahead{r: r, piece: 512})
			if !errors.Is(err, row.want) {
				t.Errorf("%s, %s: readRequest() = %v, want %v", name, how, err, row.want)
			}
		}
	}
	q, err := readRequest(bytes.NewReader(good))
	if err != nil || q.verb != verbRun || q.home != "/h" || q.profile == nil || *q.profile != "" || len(q.skip) != 2 || !q.skip["b"] || len(q.refs) != 1 {
		t.Errorf("readRequest() = %+v, %v; want what was written", q, err)
	}
	if q, _ := readRequest(bytes.NewReader(newMessage().end())); q.profile != nil {
		t.Errorf("readRequest() without a profile has %q, want none", *q.profile)
	}
}

// The bounds of a reader: of a frame, of a value, of their number, of all.
func TestReaderBounds(t *testing.T) {
	for name, row := range map[string]struct {
		in    []byte
		limit int
		ok    bool
	}{
		"a frame":                   {header(frameContent, maxFrame), maxOrder, true},
		"a frame, a byte more":      {header(frameContent, maxFrame+1), maxOrder, false},
		"a value":                   {header(frameValue, resolve.MaxSecret), maxOrder, true},
		"a value, a byte more":      {header(frameValue, resolve.MaxSecret+1), maxOrder, false},
		"an identity, a byte more":  {header(frameIdentity, resolve.MaxSecret+1), maxOrder, false},
		"all of them":               {header(frameContent, 95), 100, true},
		"all of them, a byte more":  {header(frameContent, 96), 100, false},
		"all of them, for a header": {header(frameContent, 0), 4, false},
	} {
		_, _, err := (&reader{r: bytes.NewReader(row.in), limit: row.limit}).next()
		if err == nil != row.ok {
			t.Errorf("%s: next() = %v, want it taken: %v", name, err, row.ok)
		}
	}
	r := &reader{r: bytes.NewReader(bytes.Repeat(header(frameSay, 0), maxFrames+1)), limit: maxOrder}
	n := 0
	for ; n <= maxFrames; n++ {
		if _, _, err := r.next(); err != nil {
			break
		}
	}
	if n != maxFrames {
		t.Errorf("%d frames were read, want %d", n, maxFrames)
	}
}
