//go:build unix

package resolve

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

func plainResolver(t *testing.T) *Resolver {
	return &Resolver{Settings: Settings{Home: t.TempDir(), AllowPlaintext: true, Timeout: watchdog}}
}

func set(r *Resolver, t *testing.T, name, value string) error {
	_, err := r.Set(t.Context(), "plaintext", name, NewSecret([]byte(value)))
	return err
}

func TestPlaintextNotAllowed(t *testing.T) {
	r := plainResolver(t)
	if err := set(r, t, "k", planted); err != nil {
		t.Fatal(err)
	}
	r.AllowPlaintext = false
	_, gerr := r.Resolve(t.Context(), Ref{Scheme: "plaintext", Path: "k"})
	_, lerr := r.List(t.Context(), "plaintext")
	for call, err := range map[string]error{"Get": gerr, "Set": set(r, t, "k", "x"), "Remove": r.Remove(t.Context(), "plaintext", "k"), "List": lerr} {
		if !errors.Is(err, ErrNotAllowed) || OutcomeOf(err) != Failed || !strings.Contains(hint.Of(err), "--allow-plaintext") || holdsPart(err.Error(), planted) {
			t.Errorf("%s(plaintext, not allowed) = %v, hint %q; want ErrNotAllowed with the command that allows it", call, err, hint.Of(err))
		}
	}
}

// A store that is open to others, odd or damaged is neither read nor written,
// and stays as it is.
func TestPlaintextRefused(t *testing.T) {
	good := "version = 1\n[secrets]\nk = '" + planted + "'\n"
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"readable":       {func(p string) error { return write(p, good, 0o644) }, "lets others read it"},
		"writable":       {func(p string) error { return write(p, good, 0o660) }, "lets others write to it"},
		"a FIFO":         {func(p string) error { return syscall.Mkfifo(p, 0o600) }, "not a regular file"},
		"a folder":       {func(p string) error { return os.Mkdir(p, 0o700) }, "not a regular file"},
		"damaged":        {func(p string) error { return write(p, good+"x = '"+planted, 0o600) }, "line 4: not valid TOML"},
		"newer":          {func(p string) error { return write(p, strings.Replace(good, "1", "2", 1), 0o600) }, "'version' is not 1"},
		"of tables":      {func(p string) error { return write(p, strings.Replace(good, "[secrets]", "[[secrets]]", 1), 0o600) }, "wrong type"},
		"in an open dir": {func(p string) error { return errors.Join(write(p, good, 0o600), os.Chmod(filepath.Dir(p), 0o777)) }, ""},
	} {
		r := plainResolver(t)
		path := filepath.Join(r.Home, "secrets.toml")
		if err := c.make(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(ifRegular(path))
		_, gerr := r.Resolve(t.Context(), Ref{Scheme: "plaintext", Path: "k"})
		calls := map[string]error{"Get": gerr, "Set": set(r, t, "n", "x"), "Remove": r.Remove(t.Context(), "plaintext", "k")}
		if c.want == "" { // reading does not look at the folder
			delete(calls, "Get")
			c.want = "lets others write to it"
		}
		for call, err := range calls {
			if OutcomeOf(err) != Failed || !strings.Contains(fmt.Sprint(err), c.want) || holdsPart(err.Error()+hint.Of(err), planted) {
				t.Errorf("%s(store %s) = %v, want a failure: %s", call, name, err, c.want)
			}
		}
		if after, _ := os.ReadFile(ifRegular(path)); !bytes.Equal(after, before) {
			t.Errorf("the store %s: then %d bytes, want the %d as before", name, len(after), len(before))
		}
	}
}

func write(path, text string, mode os.FileMode) error {
	return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode))
}

// ifRegular keeps a test from opening a FIFO.
func ifRegular(path string) string {
	if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() {
		return os.DevNull
	}
	return path
}

func TestPlaintextHeldLock(t *testing.T) {
	r := plainResolver(t)
	r.Timeout = 20_000_000 // nanoseconds
	unlock, err := safefile.Lock(t.Context(), r.Home)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := set(r, t, "k", planted); !errors.Is(err, safefile.ErrBusy) || OutcomeOf(err) != Failed {
		t.Errorf("Set(while the lock is held) = %v, want ErrBusy", err)
	}
	if err := r.Remove(t.Context(), "plaintext", "k"); !errors.Is(err, safefile.ErrBusy) {
		t.Errorf("Remove(while the lock is held) = %v, want ErrBusy", err)
	}
}

// A store is never written that could not be read again: the entry that would
// make it too large is refused, and the others stay.
func TestPlaintextFull(t *testing.T) {
	if slow {
		t.Skip("64 MiB of TOML take too long with the race detector")
	}
	r := plainResolver(t)
	// Control characters take six bytes each.
	var b bytes.Buffer
	b.WriteString(storeHead + "\n[secrets]\nfirst = 'here'\n")
	entry := tomlValue(bytes.Repeat([]byte{1}, MaxSecret))
	for i := 0; b.Len()+len(entry) < maxStore; i++ {
		fmt.Fprintf(&b, "n%d = %s\n", i, entry)
	}
	if err := write(filepath.Join(r.Home, "secrets.toml"), b.String(), 0o600); err != nil {
		t.Fatal(err)
	}
	err := set(r, t, "last", strings.Repeat("\x01", MaxSecret))
	if got, gerr := r.Resolve(t.Context(), Ref{Scheme: "plaintext", Path: "first"}); gerr != nil {
		t.Errorf("Set(into a full store) = %v, then Get(first) = %q, %v; want it still there", err, bytesOf(got), gerr)
	}
}

// The write goes behind a link, and the link stays.
func TestPlaintextBehindLink(t *testing.T) {
	r := plainResolver(t)
	store := filepath.Join(t.TempDir(), "real.toml")
	link := filepath.Join(r.Home, "secrets.toml")
	if err := os.Symlink(store, link); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"one", "two"} {
		if err := set(r, t, "k", value); err != nil {
			t.Errorf("Set(behind a link) = %v, want nil", err)
		}
		got, err := r.Resolve(t.Context(), Ref{Scheme: "plaintext", Path: "k"})
		if err != nil || string(got.Bytes()) != value {
			t.Errorf("Set(behind a link), then Get = %q, %v; want %q", bytesOf(got), err, value)
		}
	}
	if to, err := os.Readlink(link); to != store || err != nil {
		t.Errorf("Set(behind a link): the link is %q, %v; want it to stay", to, err)
	}
}
