//go:build unix

// Package testrig starts the real parts that tests need: a private D-Bus, a
// gnome-keyring, a pass store; and it builds wg-run as it is released. What it
// starts lives below one temporary folder and ends with the test. It is used by
// tests only.
package testrig

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Need fails the test in CI, and skips it elsewhere, if a program is missing:
// scripts/test installs them.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed; scripts/test installs it", p)
		}
		t.Skipf("%s is not installed; scripts/test installs it", p)
	}
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wg-run-test")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "wg-run")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, "github.com/graphwork/wg-run")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return bin, cmd.Run()
})

// Binary builds wg-run once in this process, as it is released, and returns its
// path.
func Binary() (string, error) { return build() }
