//go:build unix

package inject

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// copyTyped copies what is typed while that is wanted.
func (t *terminal) copyTyped() {
	buf := make([]byte, 4096)
	for t.next() {
		var err error
		if len(t.typed) == 0 {
			var n int
			n, err = t.tty.Read(buf)
			t.typed = buf[:n]
		}
		if err == nil {
			err = t.hand()
		}
		t.mu.Lock()
		if t.reading = false; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.wanted = false // gone, or no longer ours
			if !t.foreground() {
				t.raw = false
				t.takeSoon()
			}
		}
		t.turn.Broadcast()
		t.mu.Unlock()
	}
}

// next waits until what is typed is wanted, and reports whether that will ever be.
func (t *terminal) next() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.wanted && !t.closed {
		t.turn.Wait()
	}
	t.reading = !t.closed
	return t.reading
}

// hand gives the worker's terminal what was typed.
func (t *terminal) hand() error {
	for len(t.typed) > 0 {
		some := t.typed
		at := -1
		if suspends != nil {
			if at = suspends(t.master, some); at >= 0 {
				some = some[:at+1]
			}
		}
		n, err := t.master.Write(some)
		t.typed = t.typed[n:]
		if err != nil {
			return err
		}
		if at >= 0 {
			t.stopChild(unix.SIGTSTP, byKey)
		}
	}
	return nil
}
