package e2e

import (
	"fmt"
	"testing"
)

// A worker whose first act is to stop its parent does not gain time by that.
func TestTimeoutStoppedAtOnce(t *testing.T) {
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			if got := p.exec("", p.bin, "--ref", "plaintext:k", "--timeout", "300ms", "--", "sh", "-c", "kill -STOP $PPID; exec sleep 60"); got.code != 124 {
				t.Errorf("--timeout 300ms, and the parent is stopped at once = %v; want 124", got)
			}
		})
	}
}
