//go:build unix

package broker

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Who listens is believed if it is that process, which began then.
func TestBelieve(t *testing.T) {
	dir, err := os.MkdirTemp("", "wg-b")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, socketName)
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(l) }()
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		who  identity
		want error
	}{{self, nil}, {identity{self.pid, self.started + 1}, errFalse}, {identity{os.Getppid(), self.started}, errFalse}} {
		line, err := knock(Address{identity: row.who}, path, nil, time.Now().Add(patience))
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("knock where %v is expected and %v listens = %v, want %v", row.who, self, err, row.want)
		}
		if err == nil {
			line.close()
		}
	}
}

// A name is taken anew where a broker was killed, and never while somebody listens there, as
// from another PID namespace.
func TestSweep(t *testing.T) {
	run, err := os.MkdirTemp("", "wg-b")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(run) }()
	gone := identity{1 << 30, 7}
	dir, err := makeFolderAt(run, gone)
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	sweep(run)
	if _, err := os.Stat(filepath.Join(dir, socketName)); err != nil {
		t.Errorf("after sweep, while somebody listens: %v, want the socket there", err)
	}
	_ = unix.Close(l)
	sweep(run)
	if _, err := os.Stat(dir); err == nil {
		t.Error("after sweep, while nobody listens: the folder is there, want it gone")
	}
}
