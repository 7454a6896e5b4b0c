//go:build unix

package safefile

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

func mustLock(t *testing.T, dir string) (unlock func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), watchdog)
	defer cancel()
	unlock, err := Lock(ctx, dir)
	if err != nil {
		t.Fatalf("Lock(%s) = %v, want nil", dir, err)
	}
	return unlock
}

func TestLockHeldByAnotherProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wg")
	cmd := asHelper("hold", dir)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process said %q, %v; want locked", line, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := Lock(ctx, dir)
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), filepath.Join(dir, lockName)) || hint.Of(err) == "" {
		t.Errorf("Lock(held) = %v, hint %q; want ErrBusy with the file and a hint", err, hint.Of(err))
	}
	// The end of a process ends its lock, however it ends.
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	_ = cmd.Wait()
	mustLock(t, dir)()
}

func TestLockMakesFolder(t *testing.T) {
	withUmask(t, 0)
	dir := filepath.Join(t.TempDir(), "a", "wg")
	mustLock(t, dir)()
	if got, want := tree(t, filepath.Dir(dir)), "drwx------ wg"; got != want {
		t.Errorf("Lock: made %q, want %q", got, want)
	}
	if got, want := tree(t, dir), "-rw------- .lock"; got != want {
		t.Errorf("Lock: the folder holds %q, want %q", got, want)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(context.Background(), dir); !errors.Is(err, ErrUnsafe) {
		t.Errorf("Lock(a folder of mode 0777) = %v, want ErrUnsafe", err)
	}
}

// Fifty holders at once: each alone.
func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "count")
	put(t, path, []byte("0"), 0o600)
	ctx, cancel := context.WithTimeout(context.Background(), watchdog)
	defer cancel()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			unlock, err := Lock(ctx, dir)
			if err != nil {
				t.Errorf("Lock = %v, want nil", err)
				return
			}
			defer unlock()
			n, _ := strconv.Atoi(content(t, path))
			if err := Write(path, []byte(strconv.Itoa(n+1))); err != nil {
				t.Errorf("Write = %v, want nil", err)
			}
		})
	}
	group.Wait()
	if got := content(t, path); got != "50" {
		t.Errorf("fifty holders counted to %s, want 50", got)
	}
}

// Whatever lies where the lock should be, the deadline holds.
func TestLockOddFile(t *testing.T) {
	for name, place := range map[string]func(string) error{
		"a FIFO":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"a folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"a loop":   func(p string) error { return os.Symlink(lockName, p) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, lockName)
		if err := place(path); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if unlock, err := Lock(ctx, dir); err == nil {
				unlock()
			}
		}()
		select {
		case <-done:
		case <-time.After(watchdog):
			t.Errorf("Lock(where the lock file is %s): did not return, want an answer when ctx ends", name)
			// Let the call go, so that the test can end.
			if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
				<-done
				_ = f.Close()
			}
		}
		cancel()
	}
}
