//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// newBus starts a bus of the test's own. Nothing starts a keyring on it by itself: who
// finds one gone sees that.
func newBus(t testing.TB) *testrig.Bus {
	t.Helper()
	dir, err := os.MkdirTemp("", "wg-run-bus") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bus, err := testrig.StartBus(filepath.Join(dir, "b"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	return bus
}

// newKeyring starts a gnome-keyring and returns the variable that leads to it.
func newKeyring(t testing.TB) string {
	t.Helper()
	bus := newBus(t)
	if err := bus.StartKeyring(); err != nil {
		t.Fatal(err)
	}
	return busVariable + bus.Address
}

// newKeePass starts a KeePassXC and returns the variable that leads to it.
func newKeePass(t testing.TB) string {
	t.Helper()
	bus := newBus(t)
	k, err := bus.NewKeePass("vault")
	if err == nil {
		err = k.Start(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return busVariable + bus.Address
}
