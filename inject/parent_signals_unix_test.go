//go:build unix

package inject

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Many signals before the child is there hold nobody up, and the mark behind them comes.
func TestMark(t *testing.T) {
	defer func(before chan caught) { signals = before }(signals)
	const room = 4
	for before := range room + 1 {
		signals = make(chan caught, room)
		for range before {
			signals <- caught{signal: unix.SIGUSR1}
		}
		done := make(chan struct{})
		go func() { mark(childThere); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("mark() with %d signals that nobody has read: it waits, want that it returns", before)
		}
		for i := range before + 1 {
			if got, last := <-signals, i == before; (got.signal == 0) != last {
				t.Errorf("mark() with %d signals: number %d is %v; want the mark behind them", before, i, got.signal)
			}
		}
	}
}
