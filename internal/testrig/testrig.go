//go:build unix

// Package testrig starts the real parts that tests need: a private D-Bus, a
// gnome-keyring, a pass store; and it builds wg-run as it is released. What it
// starts lives below one temporary folder and ends with the test. It is used by
// tests only.
package testrig

import (
	"errors"
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

var builtIn string

var build = sync.OnceValues(func() (string, error) {
	if err := noteSources(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "wg-run-test")
	if err != nil {
		return "", err
	}
	builtIn = dir
	bin := filepath.Join(dir, "wg-run")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, "github.com/graphwork/wg-run")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return bin, cmd.Run()
})

// noteSources looks at every file of the module, so that go test knows what the
// program is made of and does not answer from its cache after a change.
func noteSources() error {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Dir(string(mod)), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && e.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			_, err = os.Stat(path)
		}
		if errors.Is(err, os.ErrNotExist) { // a test's, or an editor's
			return nil
		}
		return err
	})
}

// Main runs the tests of a package that uses Binary, and removes what was built.
func Main(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

// Binary builds wg-run once in this process, as it is released, and returns its
// path.
func Binary() (string, error) { return build() }
