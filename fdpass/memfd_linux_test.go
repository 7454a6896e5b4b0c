package fdpass

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// checkMemfd: a regular file that nobody can change, and that can be read again
// by descriptor and by path.
func checkMemfd(t *testing.T, f *os.File, data []byte) {
	t.Helper()
	fi, err := f.Stat()
	if err != nil || fi.Mode() != 0o400 || fi.Size() != int64(len(data)) {
		t.Errorf("stat = %v, %d bytes, %v, want a regular file -r--------, %d bytes", fi.Mode(), fi.Size(), err, len(data))
	}
	if got := control(t, f.Fd(), unix.F_GET_SEALS); got&allSeals != allSeals || allSeals != 0xf {
		t.Errorf("F_GET_SEALS = %#x, want write, grow, shrink and seal (0xf)", got)
	}
	checkChange(t, path(f), f)
	if n := openEnds(t, f); n != 1 {
		t.Errorf("%d descriptors of ours are on the memory file, want 1: the writable one is closed", n)
	}
	for range 2 {
		if got, err := os.ReadFile(path(f)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("reading by path = %d bytes, %v, want the %d bytes written", len(got), err, len(data))
		}
	}
	for range 2 {
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
			t.Errorf("reading = %d bytes, %v, want the %d bytes written", len(got), err, len(data))
		}
		if at, err := f.Seek(0, io.SeekStart); at != 0 || err != nil {
			t.Errorf("Seek(0) = %d, %v, want 0, nil", at, err)
		}
	}
}

// checkChange tries every way to change the file. Root may open it for writing
// and gets no further.
func checkChange(t *testing.T, path string, f *os.File) {
	t.Helper()
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		defer func() { _ = w.Close() }()
		if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, unix.EPERM) {
			t.Errorf("writing after opening anew = %d, %v, want 0, %v", n, err, unix.EPERM)
		}
		for _, size := range []int64{0, 1 << 20} {
			if err := w.Truncate(size); !errors.Is(err, unix.EPERM) {
				t.Errorf("Truncate(%d) = %v, want %v", size, err, unix.EPERM)
			}
		}
		if m, err := unix.Mmap(int(w.Fd()), 0, 1, unix.PROT_WRITE, unix.MAP_SHARED); err != unix.EPERM {
			t.Errorf("mapping it writable = %d bytes, %v, want %v", len(m), err, unix.EPERM)
		}
	} else if os.Geteuid() == 0 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("opening for writing = %v, want it refused, or root's write to be", err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); err == nil {
		t.Errorf("adding a seal = nil, want it refused")
	}
}

func path(f *os.File) string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()) }

// As the owner, who is not root, sees it.
func TestMemfdAsNobody(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	data := binary(4096)
	f, err := openMemfd("label", data)
	if err != nil {
		t.Fatalf("openMemfd(%d bytes) = %v, want no error", len(data), err)
	}
	defer func() { _ = f.Close() }()
	checkMemfd(t, f, data)
	if w, err := os.OpenFile(path(f), os.O_WRONLY, 0); !errors.Is(err, unix.EACCES) {
		_ = w.Close()
		t.Errorf("opening for writing = %v, want %v", err, unix.EACCES)
	}
}

func TestMemfdIsNoProgram(t *testing.T) {
	f, err := openMemfd("label", []byte("#!/bin/sh\necho executed\n"))
	if err != nil {
		t.Fatalf("openMemfd = %v, want no error", err)
	}
	defer func() { _ = f.Close() }()
	if out, err := exec.Command(path(f)).Output(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("executing it = %q, %v, want permission denied", out, err)
	}
	probe, err := unix.MemfdCreate("probe", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if err != nil {
		t.Skipf("this kernel has no MFD_NOEXEC_SEAL: %v", err)
	}
	_ = unix.Close(probe)
	if err := f.Chmod(0o500); !errors.Is(err, unix.EPERM) {
		t.Errorf("Chmod(0500) = %v, want %v: sealed against being made executable", err, unix.EPERM)
	}
}

// What shows in /proc is the label, never the data.
func TestMemfdLabel(t *testing.T) {
	const secret = "the-secret-itself"
	f, err := openMemfd("github", []byte(secret))
	if err != nil {
		t.Fatalf("openMemfd = %v, want no error", err)
	}
	defer func() { _ = f.Close() }()
	link, err := os.Readlink(path(f))
	if want := "/memfd:wg-run:github"; err != nil || !strings.HasPrefix(link, want) || strings.Contains(link, secret) {
		t.Errorf("its link in /proc = %q, %v, want %s", link, err, want)
	}
}

// A file in /dev/shm can be sealed as little as one on disk, and its kernel file system is a
// memory file's.
func TestReadForeignMemory(t *testing.T) {
	f, err := os.CreateTemp("/dev/shm", "wg-run-test")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if _, err := f.WriteString(value); err != nil {
		t.Fatal(err)
	}
	fd := hand(t, MainName, f)
	got, err := Read(MainName)
	checkRefused(t, "a file in /dev/shm", got, err, "neither a pipe, a socket nor a memory file")
	checkOpen(t, "a file in /dev/shm", fd, true)
	_ = unix.Close(fd)
}
