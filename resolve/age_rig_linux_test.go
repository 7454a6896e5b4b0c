package resolve

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
)

// ageRig is a store that tests made themselves, of one machine, with one entry, k,
// that is planted.
type ageRig struct {
	*Resolver
	t        *testing.T
	identity *age.X25519Identity
	said     func() string
}

const testID = "AAAAAAAAAAAAAAAAAAAAAA"

var ageK = Ref{Scheme: "age", Path: "k"}

func newAgeRig(t *testing.T) *ageRig {
	t.Helper()
	t.Setenv(identityVariable, "")
	t.Setenv(passphraseVariable, "")
	r, said := newResolver(t)
	rig := &ageRig{r, t, newKey(t), said}
	rig.put("identity.txt", []byte(rig.identity.String()+"\n"))
	rig.put("recipients.txt", []byte(rig.public()+"\n"))
	rig.put("secrets.age", rig.sealed(&document{map[string][]byte{"k": []byte(planted)}, []string{rig.public()}, testID, nil, nil}))
	return rig
}

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *ageRig) public() string { return r.identity.Recipient().String() }

func (r *ageRig) path(name string) string { return filepath.Join(r.Home, name) }

func (r *ageRig) put(name string, data []byte) {
	r.t.Helper()
	plantFile(r.t, r.path(name), data, "")
}

func (r *ageRig) read(name string) string {
	r.t.Helper()
	data, err := os.ReadFile(r.path(name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.t.Fatal(err)
	}
	return string(data)
}

// sealed encrypts a document to its own recipients, of which each is native.
func (r *ageRig) sealed(d *document) []byte {
	r.t.Helper()
	plain, err := d.encode()
	if err != nil {
		r.t.Fatal(err)
	}
	return r.sealedText(string(plain), d.recipients...)
}

// sealedText encrypts any payload, to us where no recipient is given.
func (r *ageRig) sealedText(plain string, to ...string) []byte {
	r.t.Helper()
	if len(to) == 0 {
		to = []string{r.public()}
	}
	list, err := age.ParseRecipients(strings.NewReader(strings.Join(to, "\n")))
	if err != nil {
		r.t.Fatal(err)
	}
	sealed, err := seal([]byte(plain), list)
	if err != nil {
		r.t.Fatal(err)
	}
	return sealed
}

// opened decrypts a version of the store with our key.
func (r *ageRig) opened(sealed []byte) *document {
	r.t.Helper()
	plain, err := unseal(sealed, maxStore, r.identity)
	if err != nil {
		r.t.Fatalf("unseal = %v, want nil", err)
	}
	d, err := decodeAge(plain)
	if err != nil {
		r.t.Fatalf("decodeAge = %v, want nil", err)
	}
	return d
}

// fresh forgets what this process has opened, as a new one would.
func (r *ageRig) fresh() *ageRig {
	again := *r.Resolver
	again.Settings.opened = nil
	r.Resolver = &again
	return r
}

// fails wants Resolve to fail with an error that tells what is the case, holds nothing
// secret, and lets no search go on; it returns the error and its hint.
func (r *ageRig) fails(doing, want string) string {
	r.t.Helper()
	got, err := resolved(r.t, r.t.Context(), r.fresh().Resolver, ageK)
	if OutcomeOf(err) != Failed || got != nil || !strings.Contains(err.Error(), want) {
		r.t.Errorf("%s: Resolve(%v) = %v, %v (outcome %d); want a failure with %q", doing, ageK, got, err, OutcomeOf(err), want)
	}
	if err == nil {
		return ""
	}
	text := err.Error() + "\n" + hint.Of(err)
	if r.leaks(text + r.said()) {
		r.t.Errorf("%s: Resolve(%v) = %v, hint %q, said %q; want nothing of the value and of the key", doing, ageK, err, hint.Of(err), r.said())
	}
	return text
}

// leaks reports a part of the planted value or of our key.
func (r *ageRig) leaks(text string) bool {
	return holdsPart(text, planted) || holdsPart(text, r.identity.String()[len("AGE-SECRET-KEY-1"):]) ||
		holdsPart(text, strings.ToLower(r.identity.String()[len("AGE-SECRET-KEY-1"):]))
}

// gets wants Resolve to give the planted value.
func (r *ageRig) gets(doing string) {
	r.t.Helper()
	got, err := resolved(r.t, r.t.Context(), r.fresh().Resolver, ageK)
	if err != nil || string(got.Bytes()) != planted {
		r.t.Errorf("%s: Resolve(%v) = %q, %v; want the planted value", doing, ageK, bytesOf(got), err)
	}
}

// binary is an armored file without its armor.
func binary(t *testing.T, armored []byte) []byte {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(armored), []byte("\n"))
	out, err := base64.StdEncoding.DecodeString(string(bytes.Join(lines[1:len(lines)-1], nil)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
