package resolve

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/graphwork/wg-run/internal/testrig"
)

// none is the outcome of what cannot happen to a backend.
const none Outcome = -1

// trial is what the conformance suite needs to know of a backend. Each line of
// THE LIST has one.
type trial struct {
	// setup makes the service available for the test.
	setup func(t *testing.T, r *Resolver)
	// plant puts a value there, by other means than ours, and returns its path.
	plant func(t *testing.T, r *Resolver, value []byte) (path string)
	// missing is a path where nothing is, and missed what comes of asking.
	missing string
	missed  Outcome
	// absent takes the service away and returns the path to ask for; nil where
	// it is always there, or where that needs another process.
	absent func(t *testing.T, r *Resolver) (path string)
	// empty is what comes of an empty value.
	empty Outcome
	// memory says that the value is in this process: no deadline matters.
	memory bool
}

var trials = map[string]trial{
	"keyring": {
		setup: func(t *testing.T, _ *Resolver) { withKeyring(t) },
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			_ = keyring.Delete(keyringService, "planted") // KeePassXC asks before go-keyring may replace it
			if err := keyring.Set(keyringService, "planted", string(value)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = keyring.Delete(keyringService, "planted") })
			return "planted"
		},
		missing: "missing", missed: NotFound, empty: Failed, // absent: TestKeyringAbsent
	},
	"plaintext": {
		plant: func(t *testing.T, r *Resolver, value []byte) string {
			return plantFile(t, filepath.Join(r.Home, "secrets.toml"), append(append([]byte(storeHead+"\n[secrets]\nplanted = "), tomlValue(value)...), '\n'), "planted")
		},
		missing: "missing", missed: NotFound, empty: Failed,
		absent: func(_ *testing.T, r *Resolver) string { r.Home = ""; return "planted" },
	},
	"age": {
		setup: func(t *testing.T, r *Resolver) {
			testrig.Need(t, "age")
			if err := setUpAge(t.Context(), r.quiet(), Setup{}); err != nil {
				t.Fatal(err)
			}
		},
		plant: func(t *testing.T, r *Resolver, value []byte) string { // by the age command
			cmd := exec.Command("age", "--encrypt", "--armor", "-R", filepath.Join(r.Home, "recipients.txt"), "-o", filepath.Join(r.Home, "secrets.age"))
			cmd.Stdin = strings.NewReader("version = 1\n[secrets]\nplanted = " + tomlValue(value) + "\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("age: %v, %s", err, out)
			}
			return "planted"
		},
		missing: "missing", missed: NotFound, empty: Failed,
		absent: func(_ *testing.T, r *Resolver) string { r.Home = ""; return "planted" },
	},
	"file": {
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			path := filepath.Join(t.TempDir(), "f")
			return plantFile(t, path, value, path)
		},
		missing: "/no/such/file", missed: NotFound, empty: Failed,
	},
	"credential": {
		setup: func(t *testing.T, _ *Resolver) { t.Setenv("CREDENTIALS_DIRECTORY", t.TempDir()) },
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			return plantFile(t, filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "planted"), value, "planted")
		},
		missing: "missing", missed: NotFound, empty: Failed,
		absent: func(t *testing.T, _ *Resolver) string { t.Setenv("CREDENTIALS_DIRECTORY", ""); return "planted" },
	},
	"keystore": {
		plant: func(t *testing.T, r *Resolver, value []byte) string {
			return plantFile(t, filepath.Join(r.Home, "keystore", "planted"), value, "planted")
		},
		missing: "missing", missed: NotFound, empty: Failed,
		absent: func(_ *testing.T, r *Resolver) string { r.Home = ""; return "planted" },
	},
	"env": {
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			t.Setenv("WG_TEST_PLANTED", string(value))
			return "WG_TEST_PLANTED"
		},
		missing: "WG_TEST_MISSING", missed: NotFound, empty: NotFound, memory: true,
	},
	"literal": {
		plant:  func(_ *testing.T, _ *Resolver, value []byte) string { return string(value) },
		missed: none, empty: Failed, memory: true,
	},
	"pass": {
		setup: func(t *testing.T, _ *Resolver) { withPass(t) },
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			cmd := exec.Command("pass", "insert", "--multiline", "--force", "dev/planted")
			cmd.Stdin = bytes.NewReader(value)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("pass insert: %v, %s", err, out)
			}
			return "dev/planted"
		},
		missing: "dev/missing", missed: NotFound, empty: NotFound, absent: noPrograms,
	},
}

func noPrograms(t *testing.T, _ *Resolver) string {
	t.Setenv("PATH", t.TempDir())
	return "//v/planted/f"
}

func plantFile(t *testing.T, path string, value []byte, ref string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, value, 0o600); err != nil {
		t.Fatal(err)
	}
	return ref
}
