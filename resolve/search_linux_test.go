package resolve

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/testrig"
)

// storeWith puts a plaintext store with these lines of [secrets] into r's home.
func storeWith(t *testing.T, r *Resolver, lines string) (path string) {
	t.Helper()
	path = filepath.Join(r.Home, "secrets.toml")
	plantFile(t, path, []byte("version = 1\n[secrets]\n"+lines), "")
	return path
}

// noBusAtAll makes the keyring unavailable. Without an address not even the
// connection that godbus keeps is used.
func noBusAtAll(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
}

func TestSearch(t *testing.T) {
	const name, variable = "wg-test", "WG_TEST_SEARCH"
	for title, c := range map[string]struct {
		keyring, env, plain string // "" where there is no entry
		bus                 bool
		ref                 Ref
		denied              bool
		want, from, said    string
	}{
		"keyring first":       {"k", "e", "p", true, Auto(name, variable), false, "k", "keyring", ""},
		"then environment":    {"", "e", "p", true, Auto(name, variable), false, "e", "env", "secret wg-test: no such entry in keyring; taken from env; hint: wg-run migrate moves it to keyring, and the profile to a reference"},
		"not asked":           {"", "e", "p", true, Auto(name, ""), false, "p", "plaintext", "secret wg-test: no such entry in keyring; taken from plaintext"},
		"then plaintext":      {"", "", "p", true, Auto(name, variable), false, "p", "plaintext", "secret wg-test: no such entry in keyring, WG_TEST_SEARCH is not set; taken from plaintext"},
		"no bus":              {"", "", "p", false, Auto(name, ""), false, "p", "plaintext", "secret wg-test: keyring is not available here; taken from plaintext"},
		"no bus, env":         {"", "e", "", false, Auto(name, variable), false, "e", "env", "secret wg-test: keyring is not available here; taken from env; hint: wg-run migrate moves it to keyring, and the profile to a reference"},
		"nowhere":             {"", "", "", true, Auto(name, variable), false, "", "", ""},
		"plaintext not asked": {"", "", "p", true, Auto(name, ""), true, "", "", ""},
	} {
		t.Run(title, func(t *testing.T) {
			r, said := newResolver(t)
			r.AllowPlaintext = !c.denied
			if c.bus {
				withKeyring(t)
			} else {
				noBusAtAll(t)
			}
			if c.keyring != "" {
				if _, err := r.Set(t.Context(), "keyring", name, NewSecret([]byte(c.keyring))); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = r.Remove(t.Context(), "keyring", name) }()
			}
			if c.plain != "" {
				storeWith(t, r, name+" = '"+c.plain+"'")
			}
			t.Setenv(variable, c.env)
			got, err := resolved(t, t.Context(), r, c.ref)
			if c.want == "" {
				if OutcomeOf(err) != NotFound || !strings.Contains(hint.Of(err), "wg-run secret set "+name) || said() != "" {
					t.Errorf("Resolve(%v) = %v, %v, hint %q, said %q; want ErrNotFound in silence", c.ref, got, err, hint.Of(err), said())
				}
				return
			}
			if err != nil || string(got.Bytes()) != c.want || got.Source != c.from {
				t.Errorf("Resolve(%v) = %q, %v; want %q from %s", c.ref, bytesOf(got), err, c.want, c.from)
			}
			var lines []string
			for line := range strings.Lines(said()) {
				if !strings.HasPrefix(line, "warning: ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
			if got := strings.Join(lines, "; "); got != c.said {
				t.Errorf("Resolve(%v) said %q, want %q", c.ref, got, c.said)
			}
		})
	}
}

// What failed stops the search: no weaker store is asked behind it.
func TestSearchStops(t *testing.T) {
	withKeyring(t)
	for title, lines := range map[string]string{"corrupt": "wg-test = \"" + planted, "empty": "wg-test = ''", "no JSON": "wg-test = '" + planted + "'"} {
		r, said := newResolver(t)
		var asked []string
		r.Trace = func(s Step) { asked = append(asked, s.Ref.Scheme) }
		storeWith(t, r, lines)
		ref := Auto("wg-test", "")
		if title == "no JSON" {
			ref.Pointer = "/k"
		}
		got, err := resolved(t, t.Context(), r, ref)
		if OutcomeOf(err) != Failed || holdsPart(err.Error(), planted) || said() != "" {
			t.Errorf("Resolve(%v), plaintext %s = %v, %v, said %q; want a failure without the value", ref, title, got, err, said())
		}
		if got := strings.Join(asked, " "); got != "keyring age plaintext" {
			t.Errorf("Resolve(%v), plaintext %s asked %q, want keyring age plaintext", ref, title, got)
		}
	}
	// The keyring's own failure: its time is over.
	r, said := newResolver(t)
	storeWith(t, r, "wg-test = 'weaker'")
	if got, err := resolved(t, over(t), r, Auto("wg-test", "")); OutcomeOf(err) != Failed || said() != "" {
		t.Errorf("Resolve(auto, time over) = %v, %v, said %q; want a failure", got, err, said())
	}
}

// A keyring that has the entry and no field of that name does not send the
// search on.
func TestSearchFieldMissing(t *testing.T) {
	withKeyring(t)
	r, _ := newResolver(t)
	if _, err := r.Set(t.Context(), "keyring", "wg-json", NewSecret([]byte(`{"k": 1}`))); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Remove(t.Context(), "keyring", "wg-json") }()
	storeWith(t, r, `wg-json = '{"x": "weaker"}'`)
	if got, err := resolved(t, t.Context(), r, Ref{Scheme: "auto", Path: "wg-json", Pointer: "/x"}); OutcomeOf(err) != Failed {
		t.Errorf("Resolve(auto:wg-json#/x) = %q, %v; want a failure", bytesOf(got), err)
	}
	if got, err := resolved(t, t.Context(), r, Ref{Scheme: "auto", Path: "wg-json", Pointer: "/k"}); err != nil || string(got.Bytes()) != "1" {
		t.Errorf("Resolve(auto:wg-json#/k) = %q, %v; want 1", bytesOf(got), err)
	}
}

// The keyring's absences, each in a process of its own.
func TestKeyringAbsent(t *testing.T) {
	testrig.Need(t, "dbus-daemon")
	bare, err := testrig.StartBus(shortDir(t), false)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	dead := shortDir(t)
	// A socket that nobody listens on any more.
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(dead, "bus")}); err != nil {
		t.Fatal(err)
	}
	// dbus-launch must never be executed.
	launch := standIn(t, "dbus-launch", `echo >"$(dirname "$0")/launched"`)
	for title, env := range map[string][]string{
		"no address":   {"DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=" + t.TempDir()},
		"autolaunch":   {"DBUS_SESSION_BUS_ADDRESS=autolaunch:", "XDG_RUNTIME_DIR=" + t.TempDir()},
		"no socket":    {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "no")},
		"dead socket":  {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(dead, "bus")},
		"dead runtime": {"DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=" + dead},
		"no service":   {"DBUS_SESSION_BUS_ADDRESS=" + bare.Address},
	} {
		for _, what := range []string{"get", "set"} {
			out, err := asHelper(what, "keyring:k", append(env, "testOnlyHome="+t.TempDir(), "testOnlyValue="+planted)...).CombinedOutput()
			exit := &exec.ExitError{}
			if !errors.As(err, &exit) || Outcome(exit.ExitCode()) != Unavailable || holdsPart(string(out), planted) {
				t.Errorf("%s: %s keyring:k: %v, %s; want outcome %d", title, what, err, out, Unavailable)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(launch, "launched")); err == nil {
		t.Errorf("dbus-launch was executed, want it never")
	}
}

// shortDir is a folder whose sockets' paths are short enough.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "wg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
