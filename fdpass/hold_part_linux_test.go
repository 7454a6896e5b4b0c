package fdpass

import (
	"bytes"
	encoding "encoding/binary"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// It is known that a value was read in part, and of a pipe how far, while the rest waits.
func TestHoldInPart(t *testing.T) {
	defer func(saved func(int, int) error) { growPipe = saved }(growPipe)
	growPipe = nil
	held(t, 1<<20, false, func(t *testing.T, c Channel, h *Held, data []byte) {
		if c.Memory != nil { // whose reading is all or none
			return
		}
		fed := make(chan bool)
		go func() {
			if h.Feed != nil {
				h.Feed()
			}
			close(fed)
		}()
		const read = 300_000
		if _, err := io.ReadFull(h.File, make([]byte, read)); err != nil {
			t.Fatal(err)
		}
		known := func(n int) bool { return n == len(data)-read }
		if c.Name == "socket" { // of which no more is known than that it is a part
			known = func(n int) bool { return n > 0 && n < len(data) }
		}
		for end := time.Now().Add(10 * time.Second); !known(h.Unread()); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("Unread of %d bytes, of which %d were read = %d", len(data), read, h.Unread())
			}
		}
		_ = h.File.Close()
		<-fed
	})
}

// What was fed, or never will be, is wiped.
func TestFeederWipes(t *testing.T) {
	for _, read := range []bool{true, false} {
		var p [2]int
		if err := pipeCloexec(&p); err != nil {
			t.Fatal(err)
		}
		f, err := newFeeder(p[1], bytes.Repeat([]byte{1}, 1<<20), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.written = f.close
		r := os.NewFile(uintptr(p[0]), "pipe")
		go func() {
			if read {
				_, _ = io.Copy(io.Discard, r)
			}
			_ = r.Close()
		}()
		f.feed()
		if left := bytes.Count(f.rest, []byte{1}); len(f.rest) == 0 || left > 0 {
			t.Errorf("of %d bytes to feed, to one who reads: %v, %d are left in memory, want none", len(f.rest), read, left)
		}
		f.close()
	}
}

// A memory file that is held can be cut and in no other way changed.
func TestHoldSeals(t *testing.T) {
	for once, want := range map[bool]int{false: allSeals, true: allSeals &^ unix.F_SEAL_SHRINK} {
		h, err := holdMemfd("api_key", []byte("value"), once)
		if err != nil {
			t.Fatal(err)
		}
		if got := control(t, h.File.Fd(), unix.F_GET_SEALS) & allSeals; got != want {
			t.Errorf("held once: %v, seals = %#x, want %#x", once, got, want)
		}
		h.Close()
	}
}

// Which events of a memory file wipe it; those before a 0 come before a byte is read of the
// inherited file, the others after it.
func TestWipeOnceEvents(t *testing.T) {
	const open, read, shut = unix.IN_OPEN, unix.IN_ACCESS, unix.IN_CLOSE_NOWRITE
	for _, c := range []struct {
		events []uint32
		wiped  bool
	}{
		{[]uint32{open, read, shut}, true},
		{[]uint32{open, shut}, false},
		{[]uint32{open, shut, open, read, shut}, true},
		{[]uint32{open, read}, false},
		{[]uint32{open, open, read, shut}, true},
		{[]uint32{shut}, false},                // opened before we looked
		{[]uint32{read, open, shut}, false},    // not by the one who opened it
		{[]uint32{open, 0, read, shut}, false}, // by one who inherited it
		{[]uint32{open, 0, read, read, shut}, true},
		{[]uint32{0, read}, false},
	} {
		rw, ro, err := makeMemfd("api_key", []byte("value"), 0)
		if err != nil {
			t.Fatal(err)
		}
		h, w := &Held{File: os.NewFile(uintptr(ro), "memfd"), Close: func() {}}, &watch{}
		if err := h.wipeOnce(w, rw, len("value")); err != nil {
			t.Fatal(err)
		}
		told := func(events []uint32) {
			r, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			for _, mask := range events {
				if err := encoding.Write(in, encoding.NativeEndian, unix.InotifyEvent{Mask: mask}); err != nil {
					t.Fatal(err)
				}
			}
			_ = in.Close()
			w.f = r
			h.Watch()
			w.stop()
		}
		before, after, moved := split(c.events)
		told(before)
		if moved {
			_, _ = h.File.Read(make([]byte, 1))
			told(after)
		}
		var st unix.Stat_t
		if err := unix.Fstat(rw, &st); err != nil || (st.Size == 0) != c.wiped {
			t.Errorf("after the events %#x: %d bytes, %v; want it wiped: %v", c.events, st.Size, err, c.wiped)
		}
		h.Close()
		_, _ = h.File.Close(), unix.Close(rw)
	}
}

func split(events []uint32) (before, after []uint32, at bool) {
	for i, e := range events {
		if e == 0 {
			return events[:i], events[i+1:], true
		}
	}
	return events, nil, false
}
