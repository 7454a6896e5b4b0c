package resolve

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// onBoth are the tests that hold for every Secret Service; the keyring's part of
// them runs on KeePassXC too.
const onBoth = "^(TestBackend.*|TestStore.*|TestSetIsReadBack|TestSearch|TestSearchStops|TestSearchFieldMissing)$/^(keyring|.*[^a-z].*)$"

// TestOnKeePassXC runs them there. In a process of its own, since the library keeps
// one connection to one bus.
func TestOnKeePassXC(t *testing.T) {
	testrig.Need(t, "dbus-daemon", "keepassxc", "keepassxc-cli")
	if onKeePass() {
		t.Skip("this is that process")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*testrig.Watchdog)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.run="+onBoth)
	cmd.Env = append(os.Environ(), serviceVariable+"=keepassxc")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the tests of the keyring on KeePassXC: %v\n%s", err, out)
	}
	for _, name := range []string{"TestStoreConforms/keyring", "TestStoreValues/keyring", "TestBackendFound/keyring", "TestSearch/no_bus"} {
		if !regexp.MustCompile(`(?m)^ *--- PASS: ` + name + ` `).Match(out) {
			t.Errorf("%s on KeePassXC: it did not run and pass there\n%s", name, out)
		}
	}
}
