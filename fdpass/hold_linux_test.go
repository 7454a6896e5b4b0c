package fdpass

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// held are the channels of THE LIST that can be held, each with a value of that size.
func held(t *testing.T, size int, once bool, test func(t *testing.T, c Channel, h *Held, data []byte)) {
	for _, c := range Channels() {
		if c.Open == nil {
			continue
		}
		t.Run(c.Name+" "+strconv.Itoa(size), func(t *testing.T) {
			if c.Hold == nil {
				t.Fatalf("channel %s: no Hold, want one", c.Name)
			}
			data := binary(size)
			h, err := c.Hold("api_key", data, once)
			if err != nil {
				t.Fatalf("%s.Hold(%d bytes) = %v, want no error", c.Name, size, err)
			}
			t.Cleanup(h.Close)
			test(t, c, h, data)
		})
	}
}

// answer waits for what Watch says.
func answer(t *testing.T, h *Held) bool {
	t.Helper()
	said := make(chan bool, 1)
	go func() { said <- h.Watch() }()
	select {
	case abandoned := <-said:
		return abandoned
	case <-time.After(10 * time.Second):
		t.Fatal("Watch says nothing for 10 s")
	}
	return false
}

// What is held is in every other way what is opened, and is known to be read when it was.
func TestHold(t *testing.T) {
	for _, size := range []int{1, 20, 8192, 65536} {
		held(t, size, false, func(t *testing.T, c Channel, h *Held, data []byte) {
			if h.Feed != nil {
				t.Errorf("Feed of %d bytes = not nil, want all in place", size)
			}
			checkDescriptor(t, h.File)
			if got := h.Unread(); got != size {
				t.Errorf("Unread before = %d, want %d", got, size)
			}
			checkRead(t, h.File, data)
			if got := h.Unread(); got != 0 {
				t.Errorf("Unread after = %d, want 0", got)
			}
			if _ = h.File.Close(); h.Watch != nil && answer(t, h) {
				t.Error("Watch = abandoned, want that it was read")
			}
		})
	}
}

// A value that is too big for the kernel is fed, to a reader that takes it.
func TestHoldFeeds(t *testing.T) {
	defer func(saved func(int, int) error) { growPipe = saved }(growPipe)
	growPipe = nil
	held(t, 1<<20, false, func(t *testing.T, c Channel, h *Held, data []byte) {
		if h.Feed == nil {
			if c.Name == "pipe" || c.Name == "stdin" {
				t.Fatal("Feed = nil, want that it is fed")
			}
			return
		}
		if got := h.Unread(); got != len(data) {
			t.Errorf("Unread before = %d, want %d", got, len(data))
		}
		fed := make(chan bool)
		go func() { h.Feed(); close(fed) }()
		clone := bytes.Clone(data)
		clear(data) // as Plan.Close does
		got, err := io.ReadAll(h.File)
		if err != nil || !bytes.Equal(got, clone) {
			t.Errorf("reading it = %d bytes, %v; want the value", len(got), err)
		}
		<-fed
		if got := h.Unread(); got != 0 {
			t.Errorf("Unread after = %d, want 0", got)
		}
	})
}

// Nobody reads any more: the feeding ends, and it is known.
func TestHoldAbandoned(t *testing.T) {
	defer func(saved func(int, int) error) { growPipe = saved }(growPipe)
	growPipe = nil
	for _, size := range []int{20, 1 << 20} {
		held(t, size, false, func(t *testing.T, c Channel, h *Held, data []byte) {
			if h.Watch == nil {
				if c.Memory == nil {
					t.Error("Watch = nil, want that it is known")
				}
				return
			}
			fed := make(chan bool)
			go func() {
				if h.Feed != nil {
					h.Feed()
				}
				close(fed)
			}()
			cmd := exec.Command("sh", "-c", "exec 3<&-; exec cat")
			cmd.ExtraFiles = []*os.File{h.File}
			in, _ := cmd.StdinPipe()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = h.File.Close()
			if !answer(t, h) {
				t.Error("Watch = not abandoned, want that it is")
			}
			<-fed
			if got := h.Unread(); got != size {
				t.Errorf("Unread = %d, want %d", got, size)
			}
			_ = in.Close()
			_ = cmd.Wait()
		})
	}
}

// The other end of a socket may be closed at any moment: while its state is looked at, and while
// it is fed, when the answer that the connection is reset is the writer's.
func TestHoldSocketAbandonedAnytime(t *testing.T) {
	for _, size := range []int{20, 300 << 10, 1 << 20, 16 << 20} {
		for range max(4, min(500, 100<<20/size)) {
			h, err := holdSocket("api_key", make([]byte, size), false)
			if err != nil {
				t.Fatal(err)
			}
			fed := make(chan bool)
			go func() {
				if h.Feed != nil {
					h.Feed()
				}
				close(fed)
			}()
			go h.File.Close()
			if !answer(t, h) {
				t.Errorf("Watch of %d bytes = not abandoned, want that it is", size)
			}
			<-fed
			if got := h.Unread(); got != size {
				t.Errorf("Unread = %d, want %d", got, size)
			}
			h.Close()
			if t.Failed() {
				return
			}
		}
	}
}

// A memory file that was only mapped counts as read.
func TestHoldMapped(t *testing.T) {
	h, err := holdMemfd("api_key", binary(20), false)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if got := h.Unread(); got != 20 {
		t.Errorf("Unread before = %d, want 20", got)
	}
	m, err := unix.Mmap(int(h.File.Fd()), 0, 20, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil || !bytes.Equal(m, binary(20)) {
		t.Fatalf("mapping = %q, %v; want the value", m, err)
	}
	_ = unix.Munmap(m)
	if got := h.Unread(); got != 0 {
		t.Errorf("Unread after = %d, want 0", got)
	}
}

// With once, whoever reads first gets all of it, a byte at a time too, and nobody after.
func TestHoldOnce(t *testing.T) {
	const size = 300
	readers := map[string]func(t *testing.T, f *os.File) []byte{
		"inherited":         func(t *testing.T, f *os.File) []byte { return inPieces(t, f, 1) },
		"inherited at once": func(t *testing.T, f *os.File) []byte { return inPieces(t, f, 4096) },
		"opened anew":       func(t *testing.T, f *os.File) []byte { return again(t, f, 1) },
		"opened and not read": func(t *testing.T, f *os.File) []byte {
			again(t, f, 0)
			return again(t, f, 7)
		},
	}
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			h, err := holdMemfd("api_key", binary(size), true)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			wiped := make(chan bool)
			go func() { h.Watch(); close(wiped) }()
			if got := read(t, h.File); !bytes.Equal(got, binary(size)) {
				t.Errorf("the first reader got %d bytes, want %d", len(got), size)
			}
			select {
			case <-wiped:
			case <-time.After(10 * time.Second):
				t.Fatal("it is not wiped within 10 s")
			}
			if got := again(t, h.File, 4096); len(got) != 0 {
				t.Errorf("a later reader got %d bytes, want none", len(got))
			}
			if h.Unread() != 0 {
				t.Error("Unread after = all, want none")
			}
		})
	}
}

func inPieces(t *testing.T, f *os.File, piece int) (all []byte) {
	t.Helper()
	for {
		buf := make([]byte, piece)
		n, err := f.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// again opens a descriptor's path and reads in pieces, or closes it at once.
func again(t *testing.T, f *os.File, piece int) []byte {
	t.Helper()
	g, err := os.Open(ownPath(int(f.Fd())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	if piece == 0 {
		return nil
	}
	return inPieces(t, g, piece)
}
