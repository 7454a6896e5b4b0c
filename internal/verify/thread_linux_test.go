//go:build amd64 || arm64

package verify

import (
	"os/exec"
	"runtime"
	"sync"
	"testing"
)

// TestOwnThread finds a thread without children, where most that are idle have some.
func TestOwnThread(t *testing.T) {
	const many = 16
	var together, done sync.WaitGroup
	together.Add(many)
	for range many {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			together.Done()
			together.Wait() // each on a thread of its own
			mine := exec.Command("cat")
			in, err := mine.StdinPipe()
			if err == nil {
				err = mine.Start()
			}
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() {
				_ = in.Close()
				_ = mine.Wait()
			})
			if childless() {
				t.Error("childless of a thread that has started a process: got true, want false")
			}
		})
	}
	done.Wait()
	for range 100 {
		_ = onOwnThread(func() error {
			if !childless() {
				t.Error("onOwnThread: got a thread that has a child, want one that has none")
			}
			return nil
		})
	}
}
