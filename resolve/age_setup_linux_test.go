package resolve

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"filippo.io/age"
)

// newSettings is a home without anything.
func newSettings(t *testing.T) *Settings {
	t.Helper()
	t.Setenv(identityVariable, "")
	t.Setenv(passphraseVariable, "")
	r, _ := newResolver(t)
	return &r.Settings
}

func contents(t *testing.T, home string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, _ := os.ReadDir(home)
	for _, e := range entries {
		if e.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(home, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = string(text)
		} else {
			all[e.Name()] = e.Type().String()
		}
	}
	return all
}

// works wants the store to take and to give a value.
func works(t *testing.T, doing string, s *Settings) {
	t.Helper()
	r := &Resolver{Settings: *s}
	r.opened = nil
	if _, err := r.Set(t.Context(), "age", "k", NewSecret([]byte(planted))); err != nil {
		t.Errorf("%s: Set = %v, want nil", doing, err)
	}
	if got, err := resolved(t, t.Context(), r, ageK); err != nil || string(got.Bytes()) != planted {
		t.Errorf("%s: Set, then Resolve = %q, %v; want the value", doing, bytesOf(got), err)
	}
}

// Setting up twice changes nothing; what is missing is made, and nothing else.
func TestSetUpAgain(t *testing.T) {
	s := newSettings(t)
	if err := setUpAge(t.Context(), s, Setup{}); err != nil {
		t.Fatal(err)
	}
	works(t, "a new store", s)
	was := contents(t, s.Home)
	for _, missing := range []string{"", "recipients.txt"} {
		if missing != "" {
			if err := os.Remove(filepath.Join(s.Home, missing)); err != nil {
				t.Fatal(err)
			}
		}
		again := *s
		again.opened = nil
		if err := setUpAge(t.Context(), &again, Setup{}); err != nil {
			t.Errorf("setUpAge(again, without %q) = %v, want nil", missing, err)
		}
		for name, text := range contents(t, s.Home) {
			if text != was[name] && name != missing {
				t.Errorf("setUpAge(again, without %q): %s is changed, want it as it was", missing, name)
			}
		}
		works(t, "set up again, without "+missing, s)
		was = contents(t, s.Home)
	}
}

// An identity's comments may name others; the store is made for us.
func TestSetUpWithComments(t *testing.T) {
	for range 8 { // whose recipient sorts first differs
		s := newSettings(t)
		mine, other := newKey(t), newKey(t).Recipient().String()
		plantFile(t, filepath.Join(s.Home, "identity.txt"), []byte("# ben is "+other+"\n# public key: "+mine.Recipient().String()+"\n"+mine.String()+"\n"), "")
		if err := setUpAge(t.Context(), s, Setup{}); err != nil {
			t.Errorf("setUpAge(an identity with another's recipient in a comment) = %v, want nil", err)
			continue
		}
		text := contents(t, s.Home)["recipients.txt"]
		if !strings.Contains(text, mine.Recipient().String()) || strings.Contains(text, other) {
			t.Errorf("setUpAge(an identity with another's recipient in a comment): recipients.txt = %q, want ours alone", text)
		}
	}
}

// A recipients.txt that was there first gets nothing before it is confirmed.
func TestSetUpBesideRecipients(t *testing.T) {
	s := newSettings(t)
	other := newKey(t).Recipient().String()
	plantFile(t, filepath.Join(s.Home, "recipients.txt"), []byte("# planted\n"+other+"\n"), "")
	if err := setUpAge(t.Context(), s, Setup{}); err != nil {
		t.Fatal(err)
	}
	d, err := openAge(t.Context(), s)
	if err != nil || slices.Contains(d.recipients, other) || len(d.recipients) != 1 {
		t.Errorf("setUpAge beside recipients.txt: for %q, %v; want us alone", d.recipients, err)
	}
	r := &Resolver{Settings: *s}
	if _, err := r.Set(t.Context(), "age", "k", NewSecret([]byte(planted))); err == nil || !strings.Contains(err.Error(), "behind wg-run's back") {
		t.Errorf("Set beside a recipient that nobody confirmed = %v, want a refusal", err)
	}
}

// An identity that cannot be used is not linked to.
func TestSetUpWithABadIdentity(t *testing.T) {
	dir := t.TempDir()
	good := newKey(t).String()
	for doing, put := range map[string]func(path string) error{
		"a FIFO":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"no file":  func(string) error { return nil },
		"one others may read": func(path string) error {
			return firstError(os.WriteFile(path, []byte(good), 0o600), os.Chmod(path, 0o644))
		},
		"text":        func(path string) error { return os.WriteFile(path, []byte(planted), 0o600) },
		"a recipient": func(path string) error { return os.WriteFile(path, []byte(newKey(t).Recipient().String()), 0o600) },
		"nothing":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"half of one": func(path string) error { return os.WriteFile(path, []byte(good[:40]), 0o600) },
	} {
		s := newSettings(t)
		path := filepath.Join(dir, doing)
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		err := setUpAge(t.Context(), s, Setup{Identity: path})
		if OutcomeOf(err) != Failed || holdsPart(err.Error(), planted) || holdsPart(err.Error(), good[20:]) {
			t.Errorf("setUpAge(identity: %s) = %v, want a failure without it", doing, err)
		}
		if made := contents(t, s.Home); made["identity.txt"] != "" || made["secrets.age"] != "" {
			t.Errorf("setUpAge(identity: %s) = %v, and made %q; want nothing", doing, err, made)
		}
		if err := setUpAge(t.Context(), s, Setup{}); err != nil {
			t.Errorf("setUpAge(identity: %s), and then without = %v, want nil", doing, err)
		}
		works(t, "after an identity that was "+doing, s)
	}
}

// Twenty set up one home at once: there is one identity, and each can use it.
func TestSetUpCrowd(t *testing.T) {
	s := newSettings(t)
	s.Timeout = 0
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			mine := *s
			if err := setUpAge(t.Context(), &mine, Setup{}); err != nil {
				t.Errorf("setUpAge, twenty at once = %v, want nil", err)
			}
		})
	}
	group.Wait()
	works(t, "set up by twenty at once", s)
	if text := contents(t, s.Home)["recipients.txt"]; strings.Count(text, "\nage1") != 1 {
		t.Errorf("set up by twenty at once: recipients.txt = %q, want one", text)
	}
	if ids, err := age.ParseIdentities(strings.NewReader(contents(t, s.Home)["identity.txt"])); err != nil || len(ids) != 1 {
		t.Errorf("set up by twenty at once: %d identities, %v; want one", len(ids), err)
	}
}
