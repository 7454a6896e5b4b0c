//go:build unix

package broker

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A broker that is short of descriptors says that it has too much to do, and refuses nobody.
func TestShort(t *testing.T) {
	defer func(saved func(int) (*peer, error)) { peerOf = saved }(peerOf)
	peerOf = func(int) (*peer, error) {
		return nil, &os.PathError{Op: "open", Path: "/proc/1/stat", Err: unix.EMFILE}
	}
	s := &server{workers: map[int]uint64{}}
	c, fd := knocks(t)
	s.visit(fd)
	got, err := io.ReadAll(c)
	if want := newMessage().add(frameBusy, "").end(); string(got) != string(want) || s.refused != 0 {
		t.Errorf("it answers %q, %v, and has refused %d; want %q and none", got, err, s.refused, want)
	}
}

// Who comes when there is no room is sent away before the next one is let in: on a busy machine
// those who wait for that would take all descriptors.
func TestBusyAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // nothing else runs meanwhile
	s, err := newServer(&Order{Dispatcher: os.Getpid(), Policy: &Policy{}}, nil, Hooks{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.most = 1
	for n, room := range []bool{true, false} {
		c, fd := knocks(t)
		s.visit(fd)
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); (err == nil) != room {
			t.Errorf("visit number %d, of which one has room: its descriptor, %v; want it open: %v", n+1, err, room)
		}
		if room {
			continue
		}
		if got, err := io.ReadAll(c); string(got) != string(newMessage().add(frameBusy, "").end()) {
			t.Errorf("without room it answers %q, %v; want that it is busy", got, err)
		}
	}
}

// A request that is refused counts, and so does who waits without a word; who only looked
// whether a broker listens has asked for nothing, and may have ended before it is looked at.
func TestRefusedCount(t *testing.T) {
	defer func(saved func(int) (*peer, error)) { peerOf = saved }(peerOf)
	peerOf = func(int) (*peer, error) { return nil, errWorker }
	for _, row := range []struct {
		name, says string
		closes     bool
		want       int
	}{{"asks", "r", false, 1}, {"asks and goes", "r", true, 1}, {"waits", "", false, 1}, {"knocks and goes", "", true, 0}} {
		s := &server{workers: map[int]uint64{}}
		c, fd := knocks(t)
		if _, err := io.WriteString(c, row.says); err != nil {
			t.Fatal(err)
		}
		if row.closes {
			_ = c.Close()
		}
		s.visit(fd)
		if s.refused != row.want {
			t.Errorf("who %s: %d refused, want %d", row.name, s.refused, row.want)
		}
	}
}

// knocks is a connection: a client's end, and the descriptor of a broker's.
func knocks(t *testing.T) (net.Conn, int) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wg-b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := listen(filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(l) })
	c, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	fd, err := acceptCloexec(l)
	if err != nil {
		t.Fatal(err)
	}
	return c, fd
}

// A helper that another process traces is told nothing.
func TestTracedHelper(t *testing.T) {
	defer func(saved func(int) (int, error)) { tracerOf = saved }(tracerOf)
	for _, row := range []struct {
		word   string
		tracer int
		err    error
		want   string
	}{{"!", 0, nil, ""}, {"!", 4711, nil, "another process traces"}, {"!", 0, errors.New("gone"), "another process traces"}, {"", 0, nil, "broke down"}, {"x", 0, nil, "broke down"}} {
		tracerOf = func(int) (int, error) { return row.tracer, row.err }
		err := alone(1, strings.NewReader(row.word))
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("alone() after %q with the tracer %d, %v = %v, want %q", row.word, row.tracer, row.err, err, row.want)
		}
	}
}
