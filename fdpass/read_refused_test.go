//go:build unix

package fdpass

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestReadNotGiven(t *testing.T) {
	fdVar, fileVar := Variables("absent")
	t.Setenv(fileVar, "/dev/fd/3")
	t.Setenv(fdVar, "")
	if err := os.Unsetenv(fdVar); err != nil {
		t.Fatal(err)
	}
	got, err := Read("absent")
	checkRefused(t, "not given", got, err, "no descriptor was handed over")
	if !errors.Is(err, ErrNotGiven) {
		t.Errorf("not given: Read = %v, want %v", err, ErrNotGiven)
	}
	checkUnset(t, "not given", "absent")
}

// The variable may hold a key that somebody put there: it is not repeated.
func TestReadNoNumber(t *testing.T) {
	for _, text := range []string{"", "x", value, "-1", "0", "2", "+3", " 3", "3 ", "0x3", "3.0", "2147483648", "99999999999999999999"} {
		handNumber(t, MainName, text)
		got, err := Read(MainName)
		checkRefused(t, text, got, err, "it does not hold a descriptor's number")
		if err != nil && len(text) > 1 && strings.Contains(err.Error(), text) {
			t.Errorf("Read with %q = %q, want the text not repeated", text, err)
		}
		checkUnset(t, text, MainName)
	}
}

// What wg-run cannot have made is refused, and left open: with a stale number
// it is the program's own.
func TestReadForeign(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(disk, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ call, path, want string }{
		{"a folder", t.TempDir(), "neither a pipe, a socket nor a memory file"},
		{"/dev/null", os.DevNull, "neither a pipe, a socket nor a memory file"},
		{"a file on disk", disk, "neither a pipe, a socket nor a memory file"},
	} {
		f, err := os.Open(c.path)
		if err != nil {
			t.Fatal(err)
		}
		fd := hand(t, MainName, f)
		got, err := Read(MainName)
		checkRefused(t, c.call, got, err, c.want)
		checkUnset(t, c.call, MainName)
		checkOpen(t, c.call, fd, true)
		_ = syscall.Close(fd)
	}
}

// A pipe of the program's own is no secret, and goes on.
func TestReadOwn(t *testing.T) {
	r, w, err := os.Pipe() // close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := w.WriteString(value); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	fd := int(r.Fd())
	handNumber(t, MainName, strconv.Itoa(fd))
	got, err := Read(MainName)
	checkRefused(t, "a pipe of one's own", got, err, "not inherited")
	checkOpen(t, "a pipe of one's own", fd, true)
}

func TestReadClosed(t *testing.T) {
	f, err := openPipe("label", []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	fd := hand(t, MainName, f)
	if err := syscall.Close(fd); err != nil {
		t.Fatal(err)
	}
	got, err := Read(MainName)
	checkRefused(t, "closed", got, err, "the descriptor is not open")
	checkUnset(t, "closed", MainName)
}

// sudo and Python's subprocess close descriptor 3 and keep the variables. The
// Go runtime then opens files of its own there (the cgroup's CPU limit), before
// main begins: they are no secret.
func TestReadClosedOnTheWay(t *testing.T) {
	const child = "testOnlyClosedOnTheWay"
	if os.Getenv(child) != "" {
		got, err := Read(MainName)
		checkRefused(t, "closed on the way", got, err, "")
		checkUnset(t, "closed on the way", MainName)
		return
	}
	for _, number := range []string{"3", "4", "5"} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		fdVar, fileVar := Variables(MainName)
		cmd.Env = append(os.Environ(), child+"=1", fdVar+"="+number, fileVar+"=/dev/fd/"+number)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("Read with %s=%s and nothing inherited there: %v, want it refused\n%s", fdVar, number, err, out)
		}
	}
}

func TestReadDrained(t *testing.T) {
	f, err := openPipe("label", []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	fd := hand(t, MainName, f)
	got, err := Read(MainName)
	checkRefused(t, "drained pipe", got, err, "empty")
	if !errors.Is(err, ErrDrained) {
		t.Errorf("drained pipe: Read = %v, want %v", err, ErrDrained)
	}
	checkUnset(t, "drained pipe", MainName)
	checkOpen(t, "drained pipe", fd, false)
}

// Somebody who inherited the same memory file has read it: the offset is at
// the end, and the value is still there.
func TestReadMemfdAtEnd(t *testing.T) {
	f, err := openMemfd("label", []byte(value))
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(make([]byte, 100)); n != len(value) || err != nil {
		t.Fatalf("reading it first = %d, %v, want %d, nil", n, err, len(value))
	}
	fd := hand(t, MainName, f)
	got, err := Read(MainName)
	if err != nil || string(got) != value {
		t.Errorf("Read of a memory file at its end = %q, %v, want %q", got, err, value)
	}
	checkUnset(t, "memfd at its end", MainName)
	checkOpen(t, "memfd at its end", fd, false)
}
