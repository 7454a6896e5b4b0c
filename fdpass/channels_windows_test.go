package fdpass

import (
	"bytes"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/windows"
)

// A pipe takes up to 1 MiB without a reader, is read to its end, and tells what is left.
func TestPipe(t *testing.T) {
	for _, size := range []int{1, 4096, 65536, 65537, MaxRead} {
		data := bytes.Repeat([]byte{0, 'k', '\r', '\n', 0x1a}, size/5+1)[:size]
		h, err := holdPipe("label", data, false)
		if err != nil {
			t.Fatalf("holdPipe(%d bytes) = %v, want no error", size, err)
		}
		if got := h.Unread(); got != size {
			t.Errorf("holdPipe(%d bytes).Unread() = %d, want all", size, got)
		}
		got, err := readBounded(h.File)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("reading %d bytes = %d bytes, %v, want what was put in", size, len(got), err)
		}
		if got := h.Unread(); got != 0 {
			t.Errorf("holdPipe(%d bytes).Unread() when all is read = %d, want 0", size, got)
		}
		h.Close()
	}
}

// Read takes what is inheritable, and leaves alone what wg-run cannot have made.
func TestReadHandle(t *testing.T) {
	const value = "sk-never-to-be-seen-0123456789"
	for _, c := range []struct {
		inheritable bool
		want        string
	}{{true, value}, {false, ""}} {
		f, err := openPipe("label", []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		h := windows.Handle(f.Fd())
		if c.inheritable {
			if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
				t.Fatal(err)
			}
		}
		var copied windows.Handle // Read closes it
		self := windows.CurrentProcess()
		if err := windows.DuplicateHandle(self, h, self, &copied, 0, c.inheritable, windows.DUPLICATE_SAME_ACCESS); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		number, _ := Variables(MainName)
		t.Setenv(number, strconv.Itoa(int(copied)))
		got, err := Read(MainName)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("Read(%s), inheritable %v = %q, %v, want %q", MainName, c.inheritable, got, err, c.want)
		}
		if _, set := os.LookupEnv(number); set {
			t.Errorf("Read(%s) left %s set", MainName, number)
		}
	}
}
