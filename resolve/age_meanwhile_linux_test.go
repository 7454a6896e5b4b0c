package resolve

import (
	"context"
	"strings"
	"testing"
)

// What git puts there while a person types a passphrase, or a plugin waits for a touch,
// is not overwritten by what was read before.
func TestAgeChangedMeanwhile(t *testing.T) {
	r := newAgeRig(t)
	pulled := r.opened([]byte(r.read("secrets.age")))
	pulled.entries["pulled"] = []byte("x")
	other := r.sealed(pulled)
	err := changeAge(t.Context(), &r.Settings, func(d *document) error {
		r.put("secrets.age", other)
		d.entries["mine"] = []byte("y")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "was changed meanwhile") || OutcomeOf(err) != Failed {
		t.Errorf("changeAge while the file is replaced = %v, want a failure that says so", err)
	}
	if got := r.read("secrets.age"); got != string(other) {
		t.Errorf("changeAge while the file is replaced: it holds %d bytes, want the %d of the one that replaced it", len(got), len(other))
	}
}

// Asking comes before reading: what comes meanwhile is what is changed.
func TestAgeAsksBeforeItReads(t *testing.T) {
	r := newAgeRig(t)
	pulled := r.opened([]byte(r.read("secrets.age")))
	pulled.entries["pulled"] = []byte("x")
	other := r.sealed(pulled)
	r.put("identity.txt", locked(t, r.identity.String(), "pw", 8))
	r.fresh()
	r.Ask = askedOnce(func() { r.put("secrets.age", other) })
	if err := r.Remove(t.Context(), "age", "k"); err != nil {
		t.Fatalf("Remove = %v, want nil", err)
	}
	got := r.opened([]byte(r.read("secrets.age")))
	if _, there := got.entries["k"]; there || string(got.entries["pulled"]) != "x" {
		t.Errorf("Remove(k) while a version with another entry came: %d entries left, want that one alone", len(got.entries))
	}
}

// askedOnce is a person who types "pw" after something has happened.
func askedOnce(first func()) func(context.Context, string) ([]byte, error) {
	return func(context.Context, string) ([]byte, error) {
		first()
		return []byte("pw"), nil
	}
}
