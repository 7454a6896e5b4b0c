package resolve

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPluginOpens(t *testing.T) {
	for _, name := range []string{"good", "pin", "confirm", "touch"} {
		r := newPluginRig(t, name)
		asked := 0
		r.Ask = answering(map[string]string{"pin": testPIN, "confirm": " ME "}[name], &asked)
		r.gets("a plugin, " + name)
		if n := len(r.started()); n != 1 {
			t.Errorf("a plugin, %s: Resolve started %d, want 1", name, n)
		}
		for range 2 { // what a caller wipes is his own
			got, err := r.Resolve(t.Context(), ageK)
			if err != nil || string(got.Bytes()) != planted {
				t.Errorf("a plugin, %s: again = %q, %v; want the planted value", name, bytesOf(got), err)
			}
			got.Wipe()
		}
		if got, err := r.Resolve(t.Context(), Ref{Scheme: "age", Path: "l"}); err != nil || string(got.Bytes()) != "second" || len(r.started()) != 1 {
			t.Errorf("a plugin, %s: another entry = %q, %v, %d plugins started; want it without another start", name, bytesOf(got), err, len(r.started()))
		}
		if want := map[string]int{"pin": 1, "confirm": 1}[name]; asked != want || holdsPart(r.said(), testPIN) || r.leaks(r.said()) {
			t.Errorf("a plugin, %s: asked %d times, said %q; want %d and no PIN", name, asked, r.said(), want)
		}
		if _, err := r.Set(t.Context(), "age", "k", NewSecret([]byte(planted))); err != nil {
			t.Errorf("a plugin, %s: Set = %v, want nil", name, err)
		}
		r.gets("a plugin, " + name + ", after Set")
	}
}

// What a plugin does wrong ends in an error that holds nothing of what it said.
func TestPluginFails(t *testing.T) {
	for name, want := range map[string]string{
		"fail": "the plugin age-plugin-fail failed", "crash": "the plugin age-plugin-crash failed", "half": "the plugin age-plugin-half failed",
		"garbage": "the plugin age-plugin-garbage failed", "forger": "damaged", "short": "damaged", "none": "not encrypted to this identity",
		"pin": "the plugin age-plugin-pin failed", "confirm": "the plugin age-plugin-confirm failed", "nosuch": "age-plugin-nosuch",
	} {
		r := newPluginRig(t, name)
		asked := 0
		r.Ask = answering("wrong", &asked)
		text := r.fails("a plugin, "+name, want)
		r.storeFails("a plugin, "+name, want)
		if strings.Contains(text, "\n\n") || len(text) > 600 {
			t.Errorf("a plugin, %s: %q, want one line and a hint", name, text)
		}
	}
}

// With nobody to ask, as in a script, a plugin that would is refused an answer.
func TestPluginWithoutAPerson(t *testing.T) {
	for _, name := range []string{"pin", "confirm"} {
		newPluginRig(t, name).fails("a plugin with nobody there, "+name, "age-plugin-"+name)
	}
	newPluginRig(t, "good").gets("a plugin that asks nothing, with nobody there")
}

// What must not ask anybody starts no plugin: it may blink, and wait for a touch.
func TestPluginNotStarted(t *testing.T) {
	r := newPluginRig(t, "good")
	r.NoPrompt = true
	if got, err := r.Resolve(t.Context(), ageK); !errors.Is(err, ErrLocked) {
		t.Errorf("Resolve(NoPrompt) = %v, %v; want ErrLocked", got, err)
	}
	r.NoPrompt = false
	if list, err := r.List(t.Context(), "age"); !errors.Is(err, ErrLocked) {
		t.Errorf("List = %q, %v; want ErrLocked", list, err)
	}
	if err := r.Check(t.Context(), "age"); !errors.Is(err, ErrLocked) {
		t.Errorf("Check = %v, want ErrLocked", err)
	}
	if err := r.Ready(t.Context(), "age"); err != nil {
		t.Errorf("Ready = %v, want nil: storing would have it opened", err)
	}
	if s := r.started(); len(s) != 0 {
		t.Errorf("asked what asks nobody, %d plugins were started, want none", len(s))
	}
	r.put("identity.txt", []byte(pluginKey("hang", r.identity.String())+"\n"+r.identity.String()+"\n")) // ours opens it
	r.fresh().NoPrompt = true
	r.gets("a key of our own beside a plugin's, NoPrompt")
	if s := r.started(); len(s) != 0 {
		t.Errorf("a key of our own opens the store, and %d plugins were started, want none", len(s))
	}
}

// A recipient of a plugin's beside native ones: each opens what was stored.
func TestPluginMixed(t *testing.T) {
	r := newPluginRig(t, "good")
	native := newKey(t)
	if err := r.AddRecipients(t.Context(), "", native.Recipient().String()); err != nil {
		t.Fatalf("AddRecipients(a native one beside a plugin's) = %v, want nil", err)
	}
	if plain, err := unseal([]byte(r.read("secrets.age")), maxStore, native); err != nil || !bytes.Contains(plain, []byte(planted)) {
		t.Errorf("unseal with the native one = %d bytes, %v; want the store", len(plain), err)
	}
	r.gets("with the plugin's")
	r.put("identity.txt", []byte(native.String()))
	if _, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil { // our key is native, and the plugin encrypts
		t.Errorf("Set beside a plugin's recipient = %v, want nil", err)
	}
	t.Setenv("PATH", t.TempDir())
	r.gets("without the plugin, which reading does not need")
	r.storeFails("without the plugin", "age-plugin-good")
	if err := r.fresh().RemoveRecipients(t.Context(), r.plugged("good")); err != nil {
		t.Errorf("RemoveRecipients(a plugin's that is not installed any more) = %v, want nil", err)
	}
}

// A plugin that will not encrypt stops what would be stored, and is not repeated.
func TestPluginEncryptsNot(t *testing.T) {
	r := newPluginRig(t, "closed")
	r.gets("a plugin that does not encrypt")
	r.storeFails("a plugin that does not encrypt", "the plugin age-plugin-closed failed")
	r = newPluginRig(t, "good")
	was := r.read("recipients.txt")
	err := r.AddRecipients(t.Context(), "", r.plugged("closed"))
	if err == nil || !strings.Contains(err.Error(), "the plugin age-plugin-closed failed") || r.leaks(err.Error()) || r.read("recipients.txt") != was {
		t.Errorf("AddRecipients(of a plugin that does not encrypt) = %v, want that it failed, and nothing changed", err)
	}
}

// A plugin beside us is not one that is installed.
func TestPluginInHere(t *testing.T) {
	r := newPluginRig(t, "good")
	t.Chdir(os.Getenv("PATH"))
	for _, path := range []string{"", ".", "relative:."} {
		t.Setenv("PATH", path)
		r.fails("PATH="+path, "age-plugin-good")
	}
	if s := r.started(); len(s) != 0 {
		t.Errorf("%d plugins of the current folder were started, want none", len(s))
	}
}

// With AGEDEBUG the library would print what it tells the plugin.
func TestPluginDebug(t *testing.T) {
	r := newPluginRig(t, "good")
	t.Setenv("AGEDEBUG", "plugin")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer func(f *os.File) { os.Stderr = f; _ = stderr.Close() }(os.Stderr)
	os.Stderr = stderr
	r.gets("with AGEDEBUG=plugin")
	if text, err := os.ReadFile(stderr.Name()); err != nil || len(text) > 0 {
		t.Errorf("with AGEDEBUG=plugin stderr = %q, %v; want silence", text, err)
	}
}
