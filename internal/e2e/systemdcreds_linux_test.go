package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// A credential that systemd-creds encrypted, decrypted as systemd does for a unit with
// LoadCredentialEncrypted=.
func TestSystemdCreds(t *testing.T) {
	testrig.Need(t, "systemd-creds")
	p := strangers(t, nil)
	dir := p.mounts(0, nil)
	host := filepath.Join(t.TempDir(), "host-key") // in place of the machine's own
	creds := func(args ...string) {
		t.Helper()
		cmd := exec.Command("systemd-creds", args...)
		cmd.Env = append(os.Environ(), "SYSTEMD_CREDENTIAL_SECRET="+host)
		cmd.Stdin = strings.NewReader(key)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("systemd-creds %q: %v: %s", args, err, out)
		}
	}
	sealed, open := filepath.Join(t.TempDir(), "key.cred"), filepath.Join(dir, "key")
	creds("encrypt", "--with-key=host", "--name=key", "-", sealed)
	creds("decrypt", "--name=key", sealed, open)
	if err := os.Chmod(open, 0o444); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "CREDENTIALS_DIRECTORY="+dir)
	p.gets("credential:key")
}
