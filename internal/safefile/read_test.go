//go:build unix

package safefile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

// A group may write where it holds nobody but the owner, and never where the file is
// private.
func TestReadModes(t *testing.T) {
	for _, closed := range []bool{true, false} {
		gid := os.Geteuid() // the owner's private group
		if !closed {
			gid = stranger
		}
		path := filepath.Join(t.TempDir(), "secrets.toml")
		for mode := os.FileMode(0); mode <= 0o777; mode++ {
			if mode&0o400 == 0 && os.Geteuid() != 0 {
				continue
			}
			put(t, path, []byte("x"), mode)
			if err := os.Chown(path, -1, gid); err != nil {
				t.Skip(err)
			}
			readsAs(t, path, mode, closed)
		}
	}
}

func readsAs(t *testing.T, path string, mode os.FileMode, closed bool) {
	t.Helper()
	for _, private := range []bool{false, true} {
		want, wantHint := "", ""
		switch {
		case mode&0o002 != 0 || mode&0o020 != 0 && (private || !closed):
			want, wantHint = fmt.Sprintf("mode %04o lets others write to it", mode), "chmod go-w "+path
			if private { // it is to be closed to readers, too
				wantHint = "chmod 600 " + path
			}
		case private && mode&0o044 != 0:
			want, wantHint = fmt.Sprintf("mode %04o lets others read it", mode), "chmod 600 "+path
		}
		got, err := Read(path, Rule{Private: private, Max: 10})
		call := fmt.Sprintf("Read(mode %04o, closed group %v, private %v)", mode, closed, private)
		switch {
		case want == "" && (err != nil || string(got) != "x"):
			t.Errorf("%s = %q, %v; want the content", call, got, err)
		case want != "" && (!errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), want) || got != nil):
			t.Errorf("%s = %q, %v; want ErrUnsafe: %s", call, got, err, want)
		case hint.Of(err) != wantHint:
			t.Errorf("%s: hint %q, want %q", call, hint.Of(err), wantHint)
		}
	}
}

// What is not a regular file is refused at once: a FIFO without a writer would
// hang an ordinary open.
func TestReadNotRegular(t *testing.T) {
	dir := t.TempDir()
	fifo, folder := filepath.Join(dir, "fifo"), filepath.Join(dir, "folder")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Mkdir(folder, 0o700), os.Symlink(fifo, filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, folder, filepath.Join(dir, "link"), "/dev/null", "/dev/zero"} {
		within(t, "Read("+path+")", func() {
			if got, err := Read(path, Rule{Max: 10}); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("Read(%s) = %q, %v; want ErrUnsafe", path, got, err)
			}
		})
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = l.Close() }()
	if got, err := Read(socket, Rule{Max: 10}); err == nil {
		t.Errorf("Read(a socket) = %q, nil; want an error", got)
	}
}

func TestReadMissing(t *testing.T) {
	dir := t.TempDir()
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink("nowhere", dangling); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "no"), filepath.Join(dir, "no", "folder"), dangling} {
		if _, err := Read(path, Rule{Max: 10}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%s) = %v, want fs.ErrNotExist", path, err)
		}
	}
}

func TestReadFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "real"), []byte("content"), 0o600)
	link := filepath.Join(dir, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(link, Rule{Private: true, Max: 10}); string(got) != "content" || err != nil {
		t.Errorf("Read(a link) = %q, %v; want the content", got, err)
	}
	put(t, filepath.Join(dir, "real"), []byte("content"), 0o644)
	if _, err := Read(link, Rule{Private: true, Max: 10}); !errors.Is(err, ErrUnsafe) {
		t.Errorf("Read(a link to an open file) = %v, want ErrUnsafe", err)
	}
}

func TestReadSizes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, c := range []struct {
		size int
		max  int64
		ok   bool
	}{{0, 0, true}, {1, 0, false}, {10, 10, true}, {11, 10, false}, {1 << 20, 1 << 20, true}, {1<<20 + 1, 1 << 20, false}, {5, 1 << 40, true}} {
		want := bytes.Repeat([]byte("s"), c.size)
		put(t, path, want, 0o600)
		got, err := Read(path, Rule{Max: c.max})
		if c.ok && (err != nil || !bytes.Equal(got, want)) || !c.ok && (!errors.Is(err, ErrTooBig) || got != nil) {
			t.Errorf("Read(%d bytes, max %d) = %d bytes, %v; want ok %v", c.size, c.max, len(got), err, c.ok)
		}
	}
}

// Files of /proc say that they are empty and hold more, as one that grows
// between fstat and read.
func TestReadMoreThanFstatSaid(t *testing.T) {
	const path = "/proc/self/limits"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	if got, err := Read(path, Rule{Max: 1 << 20}); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Read(%s) = %d bytes, %v; want %d bytes", path, len(got), err, len(want))
	}
	if got, err := Read(path, Rule{Max: int64(len(want)) - 1}); !errors.Is(err, ErrTooBig) {
		t.Errorf("Read(%s, max %d) = %d bytes, %v; want ErrTooBig", path, len(want)-1, len(got), err)
	}
}
