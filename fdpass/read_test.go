//go:build unix

package fdpass

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// value is never to be seen in an error.
const value = "sk-never-to-be-seen-0123456789"

func TestRead(t *testing.T) {
	for _, name := range []string{MainName, "git-hub.2"} {
		for _, c := range Channels() {
			if c.Open == nil {
				continue
			}
			for _, data := range [][]byte{[]byte(value), binaryWithNUL(65536), []byte("x"), []byte("two\nlines\n")} {
				f, err := c.Open("label", data)
				if err != nil {
					t.Fatalf("%s: Open(%d bytes) = %v, want no error", c.Name, len(data), err)
				}
				fd := hand(t, name, f)
				got, err := Read(name)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("Read(%s) from a %s = %d bytes, %v, want the %d bytes handed over", name, c.Name, len(got), err, len(data))
				}
				checkUnset(t, c.Name, name)
				checkOpen(t, c.Name, fd, false)
			}
		}
	}
}

func binaryWithNUL(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	return data
}

func TestReadLargest(t *testing.T) {
	for _, c := range []struct {
		size int
		want string
	}{{MaxRead, ""}, {MaxRead + 1, "more than 1048576 bytes"}} {
		data := bytes.Repeat([]byte(value[:16]), c.size/16+1)[:c.size]
		hand(t, MainName, streamed(t, data))
		got, err := Read(MainName)
		if c.want == "" && (err != nil || !bytes.Equal(got, data)) {
			t.Errorf("Read of %d bytes = %d bytes, %v, want all of them", c.size, len(got), err)
		}
		if c.want != "" {
			checkRefused(t, "more than fits", got, err, c.want)
		}
		checkUnset(t, "", MainName)
	}
}

// streamed is a pipe into which somebody goes on writing.
func streamed(t *testing.T, data []byte) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.Write(data)
		_ = w.Close()
	}()
	// hand has closed r by now, and Read its copy: the writer is let go.
	t.Cleanup(func() { <-done })
	return r
}

// A socket pair is read like a pipe.
func TestReadSocket(t *testing.T) {
	p, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Write(p[1], []byte(value)); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Close(p[1])
	hand(t, MainName, os.NewFile(uintptr(p[0]), "socket"))
	got, err := Read(MainName)
	if err != nil || string(got) != value {
		t.Errorf("Read from a socket = %q, %v, want %q", got, err, value)
	}
	checkUnset(t, "socket", MainName)
}

// checkRefused looks at an error of Read; want is a part of its text.
func checkRefused(t *testing.T, call string, got []byte, err error, want string) {
	t.Helper()
	switch {
	case err == nil || got != nil:
		t.Errorf("%s: Read = %d bytes, %v, want an error with %q", call, len(got), err, want)
	case !strings.HasPrefix(err.Error(), "reading WG_") || !strings.Contains(err.Error(), want):
		t.Errorf("%s: Read = %q, want reading WG_… and %q", call, err, want)
	case strings.Contains(err.Error(), value[:16]):
		t.Errorf("%s: Read = %q, want nothing of the value in it", call, err)
	}
}

func checkUnset(t *testing.T, call, name string) {
	t.Helper()
	fdVar, fileVar := Variables(name)
	for _, v := range []string{fdVar, fileVar} {
		if text, ok := os.LookupEnv(v); ok {
			t.Errorf("%s: after Read %s is still %q, want it unset", call, v, text)
		}
	}
}

func checkOpen(t *testing.T, call string, fd int, want bool) {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); (err == nil) != want {
		t.Errorf("%s: after Read, fstat(%d) = %v, want open %v", call, fd, err, want)
	}
}
