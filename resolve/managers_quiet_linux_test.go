package resolve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stand-in for a manager that asks in a window: it notes each call, and its check tells
// whether somebody is signed in.
const standInWithWindow = `#!/bin/sh
echo "$1" >>"$CALLS"
case $1 in
whoami) [ -z "$SIGNED_OUT" ] || { echo '[ERROR] account is not signed in' >&2; exit 1; } ;;
read) echo from-the-stand-in-0123456789 ;;
esac
`

// Where nobody is to be asked, a manager that would open a window is not called for the
// secret; one that would not is.
func TestManagerWithWindow(t *testing.T) {
	for _, c := range []struct {
		call     string
		signed   bool
		noPrompt bool
		calls    string
		locked   bool
	}{
		{"somebody is there", false, false, "read", false},
		{"nobody is to be asked, signed out", false, true, "whoami", true},
		{"nobody is to be asked, signed in", true, true, "whoami read", false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "op"), []byte(standInWithWindow), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		t.Setenv("CALLS", filepath.Join(dir, "calls"))
		t.Setenv("SIGNED_OUT", map[bool]string{false: "yes"}[c.signed])
		r := &Resolver{Settings: Settings{NoPrompt: c.noPrompt}}
		ref, err := r.ParseRef("op://v/i/f")
		if err != nil {
			t.Fatal(err)
		}
		secret, err := r.Resolve(t.Context(), ref)
		calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
		if got := strings.Join(strings.Fields(string(calls)), " "); got != c.calls || errors.Is(err, ErrLocked) != c.locked || (secret == nil) != c.locked {
			t.Errorf("%s: Resolve = %v, after the calls %q; want locked %v, after %q", c.call, err, got, c.locked, c.calls)
		}
	}
}
