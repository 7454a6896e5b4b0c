//go:build unix

package safefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	for _, line := range []string{"one\n", "two\n"} {
		if err := Append(t.Context(), path, []byte(line)); err != nil {
			t.Fatalf("Append(%q) = %v, want nil", line, err)
		}
	}
	if got := content(t, path); got != "one\ntwo\n" || modeOf(path) != "-rw-------" {
		t.Errorf("Append, twice: %q, mode %s; want both lines, -rw-------", got, modeOf(path))
	}
	put(t, path, []byte("whole\ncut o"), 0o600)
	if err := Append(t.Context(), path, []byte("next\n")); err != nil || content(t, path) != "whole\ncut o\nnext\n" {
		t.Errorf("Append behind half a line = %v, %q; want it on a line of its own", err, content(t, path))
	}
}

func TestAppendRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for _, mode := range []os.FileMode{0o644, 0o660, 0o602} {
		put(t, path, nil, mode)
		if err := Append(t.Context(), path, []byte("x\n")); !errors.Is(err, ErrUnsafe) || content(t, path) != "" {
			t.Errorf("Append(mode %04o) = %v, %q; want ErrUnsafe, nothing", mode, err, content(t, path))
		}
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Append(t.Context(), fifo, []byte("x\n")); err == nil {
		t.Error("Append(a FIFO) = nil, want an error")
	}
	if err := Append(t.Context(), filepath.Join(dir, "no", "log"), []byte("x\n")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Append(no folder) = %v, want ErrNotExist", err)
	}
}

func TestAppendWaitsForLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := Append(ctx, path, []byte("x\n")); !errors.Is(err, ErrBusy) || content(t, path) != "" {
		t.Errorf("Append(while another holds the lock) = %v, %q; want ErrBusy, nothing", err, content(t, path))
	}
}

func TestAppendAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			line := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", 8000))
			if err := Append(t.Context(), path, []byte(line)); err != nil {
				t.Errorf("Append number %d = %v, want nil", i, err)
			}
		})
	}
	wait.Wait()
	seen := map[int]bool{}
	for line := range strings.Lines(content(t, path)) {
		var i int
		var rest string
		if n, err := fmt.Sscan(line, &i, &rest); n != 2 || err != nil || len(rest) != 8000 {
			t.Errorf("a line of %d bytes, %v; want a whole one", len(line), err)
		}
		seen[i] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d lines, want 50", len(seen))
	}
}
