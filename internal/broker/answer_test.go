//go:build unix

package broker

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A message of values is what a run reads: each with what belongs to it, and no copy.
func TestValues(t *testing.T) {
	says := []string{"", "two\nlines"}
	parts := []part{
		{Want{Name: "a"}, &entry{secret: everyByte, source: "age", says: says}, true},
		{Want{Name: "b"}, &entry{failed: FailureOf(failures[0])}, false},
		{Want{Name: "c"}, &entry{secret: large, source: "pass"}, true},
	}
	list := (&due{m: newMessage(), parts: parts}).buffers()
	shared := 0
	for _, b := range list {
		if len(b) > 0 && (&b[0] == &everyByte[0] || &b[0] == &large[0]) {
			shared++
		}
	}
	if shared != 2 {
		t.Errorf("%d of 2 values are not copied", shared)
	}
	var wire bytes.Buffer
	if _, err := list.WriteTo(&wire); err != nil {
		t.Fatal(err)
	}
	var got []Value
	err := (&reader{r: &wire, limit: maxOrder}).each(func(tag byte, text string) error {
		if tag == frameName {
			got = append(got, Value{Name: text})
		} else if !got[len(got)-1].take(tag, text) {
			return errWire
		}
		return nil
	}, func(_ byte, n int) ([]byte, error) {
		got[len(got)-1].Secret = make([]byte, n)
		return got[len(got)-1].Secret, nil
	})
	if err != nil || len(got) != 3 {
		t.Fatalf("%d values are read, %v; want 3", len(got), err)
	}
	for i, e := range parts {
		v := got[i]
		if !bytes.Equal(v.Secret, e.secret) || v.Source != e.source || len(v.Says) != len(e.says) || (v.Err == nil) != (e.failed == nil) || v.Err != nil && *v.Err != *e.failed {
			t.Errorf("the value %d is %d bytes, %q, %q, %v; want %d, %q, %q, %v", i, len(v.Secret), v.Source, v.Says, v.Err, len(e.secret), e.source, e.says, e.failed)
		}
	}
}

// What a client that is refused, put off, or hung up on says.
func TestReply(t *testing.T) {
	for name, row := range map[string]struct {
		answer []byte
		want   error
		text   string
		waits  int
	}{
		"done":               {newMessage().add(frameDone, "x").end(), nil, "", 0},
		"done after a while": {newMessage().add(frameWait, "").add(frameWait, "").add(frameDone, "x").end(), nil, "", 1},
		"refused":            {newMessage().add(frameRefused, "a worker").end(), ErrRefused, "a worker", 0},
		"busy":               {newMessage().add(frameBusy, "").end(), nil, "too much to do", 0},
		"hung up":            {newMessage().add(frameWait, "").b, nil, "hung up", 1},
		"garbage":            {[]byte("HTTP/1.1 400 Bad Request\r\n"), errWire, "", 0},
	} {
		c, other := connected(t)
		fd, err := unix.Dup(int(other.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(row.answer); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		waits := 0
		l := &line{fd: fd, onWait: func() { waits++ }}
		_, _, err = l.done(patience)
		l.close()
		ok := row.want == nil && row.text == "" && err == nil || err != nil && (row.want == nil || errors.Is(err, row.want)) && strings.Contains(err.Error(), row.text)
		if !ok || waits != row.waits {
			t.Errorf("%s: done() = %v, after %d waits; want %v %q, after %d", name, err, waits, row.want, row.text, row.waits)
		}
	}
}

// A broker says that it is still there, and stops when nobody listens.
func TestWait(t *testing.T) {
	c, other := connected(t)
	done := make(chan struct{})
	ended := make(chan error, 1)
	go func() { ended <- newSpeaker(c).wait(done) }()
	r := &reader{r: &ahead{r: other, piece: 512}, limit: maxRequest}
	for i, want := range []byte{frameVersion, frameWait} {
		tag, n, err := r.next()
		if err == nil {
			_, err = r.text(n)
		}
		if tag != want || err != nil {
			t.Errorf("the frame %d is %q, %v; want %q", i, tag, err, want)
		}
	}
	_ = other.Close()
	if err := <-ended; err == nil {
		t.Error("wait() with nobody there = nil, want an error")
	}
	close(done)
	if err := newSpeaker(c).wait(done); err != nil {
		t.Errorf("wait() for what is done = %v, want nil", err)
	}
}

// Which requests are a policy's business.
func TestRequestOf(t *testing.T) {
	name := func(s string) *string { return &s }
	p := &Policy{Home: "/h", Active: "p", Profiles: map[string][]Want{"p": nil, "q": nil}}
	for _, row := range []struct {
		home    string
		profile *string
		want    string
		mine    bool
	}{
		{"/h", name(""), "p", true}, {"/h", name("q"), "q", true}, {"/h", name("new"), "new", false},
		{"/h", nil, "", false}, {"/other", name("p"), "", false}, {"", name(""), "", false},
	} {
		q := &request{home: row.home, profile: row.profile}
		if got, mine := q.of(p); got != row.want || mine != row.mine {
			t.Errorf("of(%q, %v) = %q, %v; want %q, %v", row.home, row.profile, got, mine, row.want, row.mine)
		}
	}
}

// A process becomes a worker once, and those that have ended are not kept for ever.
func TestMark(t *testing.T) {
	s := &server{workers: map[int]uint64{}, prune: 64}
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !s.mark(&peer{identity: self}) || s.mark(&peer{identity: self}) {
		t.Error("mark() of a process twice: want true and then false")
	}
	for i := range 1000 {
		if !s.mark(&peer{identity: identity{1<<22 + i, uint64(i)}}) {
			t.Errorf("mark() of a new process = false, want true")
		}
	}
	if len(s.workers) > 65 || s.workers[self.pid] != self.started {
		t.Errorf("%d workers are known after 1000 have ended; want at most 65, and this one", len(s.workers))
	}
	self.started++ // another one has its number
	if !s.mark(&peer{identity: self}) {
		t.Error("mark() of a new process with an old number = false, want true")
	}
}
