//go:build unix

package profiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/safefile"
)

func TestUseAndRemove(t *testing.T) {
	h := home(t, map[string]string{"profiles/a.toml": "", "profiles/b.toml": ""})
	active := func() string {
		name, _ := h.Active()
		return name
	}
	for _, name := range []string{"a", "b"} {
		if err := h.Use(t.Context(), name, write); err != nil || active() != name {
			t.Errorf("Use(%s) = %v, then %q is active", name, err, active())
		}
	}
	for _, name := range []string{"nosuch", "../a", "", planted + "/"} {
		err := h.Use(t.Context(), name, write)
		if err == nil || active() != "b" || holdsPart(err.Error()) {
			t.Errorf("Use(%q) = %v, then %q is active; want an error and b", name, err, active())
		}
		if _, err := h.Remove(t.Context(), name); err == nil || holdsPart(err.Error()) {
			t.Errorf("Remove(%q) = %v, want an error", name, err)
		}
	}
	if was, err := h.Remove(t.Context(), "a"); was || err != nil || active() != "b" {
		t.Errorf("Remove(a) = %v, %v, then %q is active; want false, nil, b", was, err, active())
	}
	if was, err := h.Remove(t.Context(), "b"); !was || err != nil {
		t.Errorf("Remove(b) = %v, %v; want true, nil", was, err)
	}
	if _, err := h.Active(); !errors.Is(err, ErrNoneActive) {
		t.Errorf("Active after Remove(the active one) = %v, want ErrNoneActive", err)
	}
	if _, err := h.Remove(t.Context(), "b"); !errors.Is(err, ErrNoProfile) {
		t.Errorf("Remove(b) again = %v, want ErrNoProfile", err)
	}
}

// Where there is no home yet, asking for what is not there makes none.
func TestUseMakesNoHome(t *testing.T) {
	h := Home{Dir: filepath.Join(t.TempDir(), "wg")}
	if err := h.Use(t.Context(), "p", write); !errors.Is(err, ErrNoProfile) {
		t.Errorf("Use(p), no home = %v, want ErrNoProfile", err)
	}
	if _, err := os.Stat(h.Dir); err == nil {
		t.Error("Use(p), no home: the folder was made, want none")
	}
}

func TestConfigure(t *testing.T) {
	const before = "# mine\n[secrets] # keys\ntimeout = \"1s\"\n[tui]\nx = 1\n"
	h := home(t, map[string]string{"config.toml": before})
	if err := h.Configure(t.Context(), Setting{"default_backend", "plaintext"}, Setting{"allow_plaintext", true}); err != nil {
		t.Fatalf("Configure = %v, want nil", err)
	}
	c, err := h.Config()
	if want := (Config{"plaintext", true, time.Second, false, nil, nil}); err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("Configure, then Config = %+v, %v; want %+v", c, err, want)
	}
	data, _ := os.ReadFile(filepath.Join(h.Dir, "config.toml"))
	for line := range strings.Lines(before) {
		if !strings.Contains(string(data), line) {
			t.Errorf("Configure: %q is not in %q", line, data)
		}
	}
	unlock, err := safefile.Lock(t.Context(), h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for what, err := range map[string]error{"Configure": h.Configure(ctx, Setting{"allow_plaintext", false}), "Use": home(t, nil).Use(ctx, "a", write)} {
		if what == "Configure" && !errors.Is(err, safefile.ErrBusy) {
			t.Errorf("%s(while the lock is held) = %v, want ErrBusy", what, err)
		}
	}
}

// What would be refused at the next reading is not written.
func TestConfigureRefused(t *testing.T) {
	for _, text := range []string{"[secrets]\nalow_plaintext = true\n", "[secrets\n", "secrets = 1\n"} {
		h := home(t, map[string]string{"config.toml": text})
		err := h.Configure(t.Context(), Setting{"allow_plaintext", true})
		data, _ := os.ReadFile(filepath.Join(h.Dir, "config.toml"))
		if err == nil || string(data) != text {
			t.Errorf("Configure(%q) = %v, then %q; want an error and the file as it is", text, err, data)
		}
	}
}

// wg and editors do not take our lock: what they wrote meanwhile stays.
func TestReplaceStale(t *testing.T) {
	const now = "[agent]\nwritten_by_wg = true\n"
	h := home(t, map[string]string{"config.toml": now})
	err := h.replace("config.toml", []byte("[agent]\n"), []byte("[agent]\n[secrets]\n"))
	data, _ := os.ReadFile(filepath.Join(h.Dir, "config.toml"))
	if err == nil || string(data) != now {
		t.Errorf("replace(what is not there any more) = %v, then %q; want an error and %q", err, data, now)
	}
	if err := h.replace("config.toml", []byte(now), []byte("[secrets]\n")); err != nil {
		t.Errorf("replace(what is there) = %v, want nil", err)
	}
}

// write is for who has nothing to do around it.
func write(write func() error) error { return write() }

// What is done around the write has the lock, and its error leaves the name as it was.
func TestUseAround(t *testing.T) {
	h := home(t, map[string]string{"profiles/a.toml": "", "profiles/b.toml": ""})
	if err := h.Use(t.Context(), "a", write); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := h.Use(t.Context(), "b", func(func() error) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if unlock, err := safefile.Lock(ctx, h.Dir); err == nil {
			unlock()
			t.Error("around Use the lock can be had, want it taken")
		}
		return refused
	})
	if name, _ := h.Active(); !errors.Is(err, refused) || name != "a" {
		t.Errorf("Use where around it something fails = %v, active %q; want that error, and a", err, name)
	}
}
