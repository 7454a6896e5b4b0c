package profiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

func TestLocate(t *testing.T) {
	userHome := "HOME"
	if filepath.Separator == '\\' {
		userHome = "USERPROFILE"
	}
	for _, c := range []struct{ wgHome, home, want string }{
		{"/srv/wg", "/home/me", "/srv/wg"},
		{"relative", "/home/me", "relative"},
		{"", "/home/me", filepath.Join("/home/me", ".wg")},
		{"", "", ""},
	} {
		t.Setenv("WG_HOME", c.wgHome)
		t.Setenv(userHome, c.home)
		if got := Locate(); got.Dir != c.want {
			t.Errorf("Locate() with WG_HOME=%q, HOME=%q: %q, want %q", c.wgHome, c.home, got.Dir, c.want)
		}
	}
}

func TestNoHome(t *testing.T) {
	for call, f := range map[string]func(h Home) error{
		"Path":    func(h Home) error { _, err := h.Path("x"); return err },
		"List":    func(h Home) error { _, err := h.List(); return err },
		"Profile": func(h Home) error { _, err := h.Profile("p"); return err },
		"Create":  func(h Home) error { return h.Create(t.Context(), &Profile{Name: "p"}, false) },
	} {
		if err := f(Home{}); !errors.Is(err, ErrNoHome) || hint.Of(err) == "" {
			t.Errorf("%s without a home = %v, hint %q; want ErrNoHome with a hint", call, err, hint.Of(err))
		}
	}
	if name, err := (Home{}).Active(); !errors.Is(err, ErrNoneActive) {
		t.Errorf("Active() without a home = %q, %v; want ErrNoneActive", name, err)
	}
}

func TestActive(t *testing.T) {
	for text, want := range map[string]string{"openrouter": "openrouter", "openrouter\n": "openrouter", " a.b-c_1 \r\n": "a.b-c_1"} {
		if got, err := home(t, map[string]string{"active-profile": text}).Active(); got != want || err != nil {
			t.Errorf("Active(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "\n", " \t\r\n"} {
		if got, err := home(t, map[string]string{"active-profile": text}).Active(); !errors.Is(err, ErrNoneActive) {
			t.Errorf("Active(%q) = %q, %v; want ErrNoneActive", text, got, err)
		}
	}
	for _, text := range []string{"two names", "two\nlines", "../etc/passwd", planted + "/", "\xff", "a\x00"} {
		got, err := home(t, map[string]string{"active-profile": text}).Active()
		if err == nil || errors.Is(err, ErrNoneActive) || holdsPart(err.Error()) || strings.Contains(err.Error(), "passwd") {
			t.Errorf("Active(%q) = %q, %v; want an error that does not repeat it", text, got, err)
		}
	}
	for name, h := range map[string]Home{"no file": home(t, nil), "no folder": {Dir: filepath.Join(t.TempDir(), "no")}} {
		if got, err := h.Active(); !errors.Is(err, ErrNoneActive) {
			t.Errorf("Active(%s) = %q, %v; want ErrNoneActive", name, got, err)
		}
	}
}

func TestList(t *testing.T) {
	h := home(t, map[string]string{
		"profiles/b.toml": "", "profiles/a.toml": "", "profiles/a.b.toml": "broken = ", "profiles/.hidden.toml": "",
		"profiles/.b.toml123": "", "profiles/readme.md": "", "profiles/a b.toml": "", "profiles/.toml": "", "profiles/b.toml~": "",
	})
	got, err := h.List()
	if strings.Join(got, " ") != "a a.b b" || err != nil {
		t.Errorf("List() = %q, %v; want [a a.b b]", got, err)
	}
	if got, err := (Home{Dir: filepath.Join(t.TempDir(), "no")}).List(); len(got) != 0 || err != nil {
		t.Errorf("List(no folder) = %q, %v; want nothing", got, err)
	}
	file := Home{Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(file.Dir, "profiles"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := file.List(); err == nil {
		t.Errorf("List(profiles is a file) = %q, nil; want an error", got)
	}
}
