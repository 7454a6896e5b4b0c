package fdpass

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// suite is what each channel promises beyond being read once, to its end. Its
// check gets an unread descriptor that holds data.
var suite = map[string]func(t *testing.T, f *os.File, data []byte){
	"pipe":   checkPipe,
	"socket": checkSocket,
	"memfd":  checkMemfd,
	"dir":    checkMemfd,
	"stdin":  checkPipe,
	"env":    nil, // has no descriptor
}

func TestConformance(t *testing.T) {
	for name := range suite {
		if _, err := Find(strings.Replace(name, "env", "env:V", 1)); err != nil {
			t.Errorf("the suite has a channel %s that THE LIST has not", name)
		}
	}
	for _, c := range Channels() {
		t.Run(c.Name, func(t *testing.T) {
			check, ok := suite[c.Name]
			if !ok {
				t.Fatalf("channel %s: no entry in the suite, want one", c.Name)
			}
			if c.Help == "" {
				t.Errorf("channel %s: no help", c.Name)
			}
			if (c.Open == nil) != (check == nil) || !c.Here() {
				t.Fatalf("channel %s: it has an Open: %v, want the suite to say so", c.Name, c.Open != nil)
			}
			if check == nil {
				return
			}
			for _, size := range []int{1, 2, 4096, 8192, 65536} {
				data := binary(size)
				f := open(t, c, data)
				checkDescriptor(t, f)
				check(t, f, data)
				checkRead(t, f, data)
				if err := f.Close(); err != nil {
					t.Errorf("%s of %d bytes: Close() = %v, want nil", c.Name, size, err)
				}
			}
		})
	}
}

// binary is data with every byte in it, NUL first and newlines too.
func binary(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i + i/256)
	}
	return data
}

func open(t *testing.T, c Channel, data []byte) *os.File {
	t.Helper()
	before := bytes.Clone(data)
	f, err := c.Open("label", data)
	if err != nil {
		t.Fatalf("%s: Open(%d bytes) = %v, want no error", c.Name, len(data), err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if !bytes.Equal(data, before) {
		t.Errorf("%s: Open(%d bytes) changed the caller's bytes", c.Name, len(data))
	}
	return f
}

// checkDescriptor is what holds for every channel's descriptor.
func checkDescriptor(t *testing.T, f *os.File) {
	t.Helper()
	fd := f.Fd()
	if got := control(t, fd, unix.F_GETFD); got&unix.FD_CLOEXEC == 0 {
		t.Errorf("F_GETFD = %#x, want close-on-exec", got)
	}
	want := unix.EBADF
	if isSocket(t, f) { // which is always open for both
		want = unix.EPIPE
	} else if got := control(t, fd, unix.F_GETFL); got&unix.O_ACCMODE != unix.O_RDONLY {
		t.Errorf("F_GETFL = %#x, want read-only", got)
	}
	if n, err := unix.Write(int(fd), []byte("x")); err != want {
		t.Errorf("writing to it = %d, %v, want %v", n, err, want)
	}
	if got := control(t, fd, unix.F_GETFL); got&unix.O_NONBLOCK != 0 {
		t.Errorf("F_GETFL = %#x, want blocking: a worker in C gets EAGAIN otherwise", got)
	}
}

// checkRead reads to the end, and once more.
func checkRead(t *testing.T, f *os.File, data []byte) {
	t.Helper()
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("reading to the end = %d bytes, %v, want the %d bytes written", len(got), err, len(data))
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("reading at the end = %d, %v, want 0, EOF", n, err)
	}
}

// checkPipe: it is filled, and no writer is left.
func checkPipe(t *testing.T, f *os.File, _ []byte) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		t.Errorf("fstat = mode %#o, %v, want a pipe", st.Mode, err)
	}
	polled := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	if _, err := unix.Poll(polled, 0); err != nil || polled[0].Revents != unix.POLLIN|unix.POLLHUP {
		t.Errorf("poll = %#x, %v, want POLLIN|POLLHUP: filled, and no writer", polled[0].Revents, err)
	}
	if n := openEnds(t, f); n != 1 {
		t.Errorf("%d descriptors of ours are on the pipe, want 1", n)
	}
}

// checkSocket: it is filled, nobody is at the other end, and no name leads to it.
func checkSocket(t *testing.T, f *os.File, _ []byte) {
	t.Helper()
	if !isSocket(t, f) {
		t.Error("fstat says that it is no socket")
	}
	polled := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	if _, err := unix.Poll(polled, 0); err != nil || polled[0].Revents != unix.POLLIN|unix.POLLHUP {
		t.Errorf("poll = %#x, %v, want POLLIN|POLLHUP: filled, and no writer", polled[0].Revents, err)
	}
	path := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if fd, err := unix.Open(path, unix.O_RDONLY, 0); err != unix.ENXIO {
		t.Errorf("opening it anew through /proc = %d, %v, want %v", fd, err, unix.ENXIO)
	}
}

func isSocket(t *testing.T, f *os.File) bool {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// openEnds counts this process's descriptors on f's file.
func openEnds(t *testing.T, f *os.File) int {
	t.Helper()
	const fds = "/proc/self/fd/"
	mine, err := os.Readlink(fds + strconv.Itoa(int(f.Fd())))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(fds)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if link, err := os.Readlink(fds + e.Name()); err == nil && link == mine {
			n++
		}
	}
	return n
}

func control(t *testing.T, fd uintptr, cmd int) int {
	t.Helper()
	got, err := unix.FcntlInt(fd, cmd, 0)
	if err != nil {
		t.Fatalf("fcntl(%d, %d) = %v, want no error", fd, cmd, err)
	}
	return got
}
