//go:build unix

package profiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

func withUmask(t *testing.T, mask int) {
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}

func TestCreateModes(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o077} {
		withUmask(t, mask)
		h := Home{Dir: filepath.Join(t.TempDir(), "deep", "wg")}
		if err := h.Create(t.Context(), &Profile{Name: "p", APIKeyRef: "keyring:k"}, false); err != nil {
			t.Errorf("umask %03o: Create = %v, want nil", mask, err)
		}
		for path, want := range map[string]string{
			"..": "drwx------", ".": "drwx------", "profiles": "drwx------", "profiles/p.toml": "-rw-------", ".lock": "-rw-------",
		} {
			got := "missing"
			if fi, err := os.Stat(filepath.Join(h.Dir, path)); err == nil {
				got = fi.Mode().String()
			}
			if got != want {
				t.Errorf("umask %03o: Create: %s is %s, want %s", mask, path, got, want)
			}
		}
	}
}

func TestCreateReadsBack(t *testing.T) {
	for _, text := range []string{
		"plain", "", `"quoted" \ back`, "it's", "'''", `"""`, "two\nlines\n", "tab\t", "cr\r\n", "\x00\x01\x7f", "ünï ☃ 🔑",
		"# no comment", "[no.table]", "= {}", "\u2028\u0085\ufeff", "{fd}", " spaces ", strings.Repeat("long ", 2000), "\xff\xfe not UTF-8",
	} {
		h := Home{Dir: t.TempDir()}
		want := Profile{Name: "p", Description: text, Model: text, APIKeyRef: "keyring:k"}
		if err := h.Create(t.Context(), &want, false); err != nil {
			if text == "\xff\xfe not UTF-8" {
				continue // TOML cannot hold it; refused is right
			}
			t.Errorf("Create(description %.40q) = %v, want nil", text, err)
			continue
		}
		if got, err := h.Profile("p"); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("Create(description %.40q), then Profile = %.200v, %v; want the same", text, got, err)
		}
	}
}

func TestCreateExisting(t *testing.T) {
	h := home(t, map[string]string{"profiles/p.toml": "model = \"mine\""})
	second := &Profile{Name: "p", Model: "second", APIKeyRef: "keyring:k"}
	err := h.Create(t.Context(), second, false)
	if !errors.Is(err, ErrExists) || !strings.Contains(hint.Of(err), "--force") {
		t.Errorf("Create(existing) = %v, hint %q; want ErrExists, --force", err, hint.Of(err))
	}
	if p, err := h.Profile("p"); err != nil || p.Model != "mine" {
		t.Errorf("Create(existing): then %+v, %v; want the old one", p, err)
	}
	if err := h.Create(t.Context(), second, true); err != nil {
		t.Errorf("Create(existing, force) = %v, want nil", err)
	}
	if p, err := h.Profile("p"); err != nil || p.Model != "second" {
		t.Errorf("Create(existing, force): then %+v, %v; want the new one", p, err)
	}
	if err := h.Create(t.Context(), &Profile{Name: "new", APIKeyRef: "keyring:k"}, true); err != nil {
		t.Errorf("Create(new, force) = %v, want nil", err)
	}
}

func TestCreateRefused(t *testing.T) {
	h := home(t, nil)
	for _, name := range []string{"", "../p", "a b", ".p", planted + "/"} {
		if err := h.Create(t.Context(), &Profile{Name: name}, false); err == nil || holdsPart(err.Error()) {
			t.Errorf("Create(%q) = %v, want an error that does not repeat it", name, err)
		}
	}
	if list, err := h.List(); len(list) != 0 || err != nil {
		t.Errorf("Create(bad names): then %q, %v; want none", list, err)
	}
	if err := os.Chmod(filepath.Join(h.Dir, "profiles"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := h.Create(t.Context(), &Profile{Name: "p"}, false); !errors.Is(err, safefile.ErrUnsafe) {
		t.Errorf("Create(in a folder of mode 0777) = %v, want ErrUnsafe", err)
	}
}

func TestCreateWaitsForLock(t *testing.T) {
	h := home(t, nil)
	unlock, err := safefile.Lock(t.Context(), h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := h.Create(ctx, &Profile{Name: "p"}, false); !errors.Is(err, safefile.ErrBusy) {
		t.Errorf("Create(while the lock is held) = %v, want ErrBusy", err)
	}
}

// A FIFO in place of a file hangs nothing.
func TestOddFiles(t *testing.T) {
	h := home(t, nil)
	for name, read := range map[string]func() error{
		"config.toml":     func() error { _, err := h.Config(); return err },
		"active-profile":  func() error { _, err := h.Active(); return err },
		"profiles/p.toml": func() error { _, err := h.Profile("p"); return err },
	} {
		path := filepath.Join(h.Dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- read() }()
		select {
		case err := <-done:
			if !errors.Is(err, safefile.ErrUnsafe) {
				t.Errorf("reading %s, a FIFO = %v, want ErrUnsafe", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("reading %s, a FIFO: did not return, want ErrUnsafe", name)
		}
		if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o602)); err != nil {
			t.Fatal(err)
		}
		if err := read(); !errors.Is(err, safefile.ErrUnsafe) || hint.Of(err) != "chmod go-w "+path {
			t.Errorf("reading %s, mode 0602 = %v, hint %q; want ErrUnsafe with the chmod", name, err, hint.Of(err))
		}
	}
}
