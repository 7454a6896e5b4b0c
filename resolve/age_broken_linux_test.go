package resolve

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
)

// unsealErrors are what a file that was broken may be told to be.
var unsealErrors = []error{errSealedEmpty, errNotSealed, errNewerAge, errCutOff, errCorrupt, errWrongIdentity}

// broken wants one of these errors, and the file left as it is by what reads and writes.
func (r *ageRig) broken(doing string, data []byte, wanted ...error) {
	r.t.Helper()
	r.put("secrets.age", data)
	got, err := resolved(r.t, r.t.Context(), r.fresh().Resolver, ageK)
	if OutcomeOf(err) != Failed || got != nil || !anyOf(err, wanted) || r.leaks(err.Error()) {
		r.t.Errorf("%s: Resolve(%v) = %v, %v (outcome %d); want a failure, one of %q", doing, ageK, got, err, OutcomeOf(err), wanted)
	}
	_, err = r.fresh().Set(r.t.Context(), "age", "new", NewSecret([]byte(planted)))
	if OutcomeOf(err) != Failed || !anyOf(err, wanted) || r.leaks(err.Error()) {
		r.t.Errorf("%s: Set = %v; want a failure, one of %q", doing, err, wanted)
	}
	if now := r.read("secrets.age"); now != string(data) {
		r.t.Errorf("%s: afterwards secrets.age has %d bytes, want the %d that it had", doing, len(now), len(data))
	}
	if r.said() != "" {
		r.t.Errorf("%s: said %q, want silence", doing, r.said())
	}
}

// A store that ends early is told to be cut off, wherever it does.
func TestAgeCutOff(t *testing.T) {
	r := newAgeRig(t)
	whole := []byte(r.read("secrets.age"))
	for n := range len(bytes.TrimSpace(whole)) {
		if n > 50 && n%7 > 0 && n < len(whole)-40 {
			continue
		}
		wanted := []error{errCutOff}
		switch {
		case n == 0:
			wanted = []error{errSealedEmpty}
		case n < len("-----BEGIN AGE ENCRYPTED FILE-----"):
			wanted = []error{errNotSealed}
		}
		r.broken("armored, the first "+strconv.Itoa(n)+" bytes", whole[:n], wanted...)
	}
	bare := binary(t, whole)
	r.put("secrets.age", bare)
	r.gets("without armor")
	payload := bytes.Index(bare, []byte("\n--- ")) + 1
	payload += bytes.IndexByte(bare[payload:], '\n') + 1
	for n := range len(bare) {
		if n > 30 && n%3 > 0 && n < payload {
			continue
		}
		wanted := []error{errCutOff}
		switch {
		case n == 0:
			wanted = []error{errSealedEmpty}
		case n < len("age-encryption.org/"):
			wanted = []error{errNotSealed}
		case n > payload+16: // a chunk that is cut is a chunk that is forged
			wanted = []error{errCutOff, errCorrupt}
		}
		r.broken("binary, the first "+strconv.Itoa(n)+" bytes", bare[:n], wanted...)
	}
}

// A single byte that is another one is noticed, wherever it is.
func TestAgeFlipped(t *testing.T) {
	r := newAgeRig(t)
	whole := []byte(r.read("secrets.age"))
	bare := binary(t, whole)
	for form, data := range map[string][]byte{"armored": whole[:len(whole)-1], "binary": bare} {
		for i := range data {
			for _, flip := range []byte{1, 0x20, 0x80} {
				if slow && i%11 != 0 || form == "armored" && flip == 1 && i%3 != 0 || form == "binary" && flip == 0x20 && i%5 != 0 {
					continue
				}
				changed := bytes.Clone(data)
				changed[i] ^= flip
				r.broken(form+", byte "+strconv.Itoa(i)+" ^ "+strconv.Itoa(int(flip)), changed, unsealErrors...)
			}
		}
	}
}

// What editors, git and mail do to a text file.
func TestAgeAround(t *testing.T) {
	r := newAgeRig(t)
	whole := r.read("secrets.age")
	for doing, text := range map[string]string{
		"CRLF":                strings.ReplaceAll(whole, "\n", "\r\n"),
		"no newline at end":   strings.TrimSpace(whole),
		"blank lines before":  "\n\n \n" + whole,
		"blank lines behind":  whole + "\n\n\n",
		"CRLF, blanks behind": strings.ReplaceAll(whole, "\n", "\r\n") + "\r\n",
	} {
		r.put("secrets.age", []byte(text))
		r.gets(doing)
		if _, err := r.fresh().Set(t.Context(), "age", "other", NewSecret([]byte("x"))); err != nil {
			t.Errorf("%s: Set = %v, want nil", doing, err)
		}
	}
	bare := string(binary(t, []byte(whole)))
	for doing, c := range map[string]struct {
		text string
		want error
	}{
		"a byte order mark":     {"\xef\xbb\xbf" + whole, errNotSealed},
		"text before":           {"hello\n" + whole, errNotSealed},
		"text behind":           {whole + "hello\n", errCorrupt},
		"twice":                 {whole + whole, errCorrupt},
		"conflict marks":        {"<<<<<<< HEAD\n" + whole + "=======\n" + whole + ">>>>>>> x\n", errConflicted},
		"only blanks":           {" \n\t\n", errSealedEmpty},
		"binary, and more":      {bare + "x", errCorrupt},
		"binary, newline":       {bare + "\n", errCorrupt},
		"binary, in CRLF":       {strings.ReplaceAll(bare, "\n", "\r\n"), errCorrupt},
		"binary, a space first": {" " + bare, errNotSealed},
		"a newer version":       {strings.Replace(bare, "/v1\n", "/v2\n", 1), errNewerAge},
		"no version":            {strings.Replace(bare, "/v1\n", "/\n", 1), errCorrupt},
	} {
		r.broken(doing, []byte(c.text), c.want)
	}
}

// What stands in the store's way is said in words of its own each time, and each of
// them tells what to do.
func TestAgeErrorsAreDistinct(t *testing.T) {
	texts := map[string]string{}
	for doing, data := range map[string]string{"empty": "", "cut": "age-encryption.org/v1\n", "none": "hello", "newer": "age-encryption.org/v9\n", "damaged": "age-encryption.org/v1\n-> x\n\n--- x\n"} {
		_, err := unseal([]byte(data), maxStore, noIdentity{})
		if err == nil || !anyOf(err, unsealErrors) {
			t.Errorf("unseal(%s) = %v, want one of %q", doing, err, unsealErrors)
			continue
		}
		if other, ok := texts[err.Error()]; ok {
			t.Errorf("unseal(%s) = %v, as for %s; want another text", doing, err, other)
		}
		texts[err.Error()] = doing
	}
}

// The store holds more than it may: refused, and not by way of all memory.
func TestAgeTooBig(t *testing.T) {
	r := newAgeRig(t)
	f, err := os.Create(r.path("secrets.age"))
	if err == nil {
		err = errors.Join(f.Truncate(maxSealed+1), f.Chmod(0o600), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	r.fails("a file that is too big", "larger than its limit")
	if _, err := unseal(r.sealedText(strings.Repeat("x", 1000)), 999, r.identity); err == nil || !strings.Contains(err.Error(), "more than 999 bytes") {
		t.Errorf("unseal(1000 bytes, at most 999) = %v, want that it is more", err)
	}
}
