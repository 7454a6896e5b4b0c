package resolve

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
)

// summary is what git shows of a version, by its lines.
func (r *ageRig) summary(d *document) string {
	r.t.Helper()
	path := r.merging(nil, r.sealed(d), nil).paths[1]
	text, err := r.fresh().Summary(r.t.Context(), path)
	if err != nil || r.leaks(text) {
		r.t.Errorf("Summary = %q, %v; want it without a value", text, err)
	}
	return text
}

// What git shows changes where the value does, and tells nothing to who does not know
// the store's id: not even that two values are the same.
func TestSummary(t *testing.T) {
	r := newAgeRig(t)
	d := r.opened([]byte(r.read("secrets.age")))
	d.entries["same"] = []byte(planted)
	text := r.summary(d)
	marks := regexp.MustCompile(`(?m)^(k|same): 25 bytes, ([0-9a-f]{12})$`).FindAllStringSubmatch(text, -1)
	if len(marks) != 2 || marks[0][2] == marks[1][2] || !strings.Contains(text, "recipient "+r.public()) {
		t.Errorf("Summary = %q, want two entries of 25 bytes with marks that differ, and us", text)
	}
	if again := r.summary(d); again != text {
		t.Errorf("Summary(encrypted anew) = %q, want the same %q", again, text)
	}
	other := d.clone()
	other.entries["k"] = []byte(strings.ToUpper(planted))
	if got := r.summary(other); got == text || !strings.Contains(got, marks[1][0]) {
		t.Errorf("Summary(k changed) = %q, want its line alone to differ from %q", got, text)
	}
	other = d.clone()
	other.id = "another"
	if got := r.summary(other); strings.Contains(got, marks[0][2]) {
		t.Errorf("Summary(another store with the same value) = %q, want other marks than %q", got, text)
	}
	other.id = "" // nothing that others do not know: a mark could be guessed
	if got := r.summary(other); !strings.Contains(got, "k: 25 bytes\n") {
		t.Errorf("Summary(no id) = %q, want no marks", got)
	}
}

// What is written is read back, and one whose identity is asked for twice is asked so
// before anything is made.
func TestAgeIsReadBack(t *testing.T) {
	r := newAgeRig(t)
	defer func(f func()) { testOnlyLose = f }(testOnlyLose)
	whole := r.read("secrets.age")
	testOnlyLose = func() { r.put("secrets.age", []byte(whole)) }
	_, err := r.Set(t.Context(), "age", "new", NewSecret([]byte(planted)))
	if err == nil || !strings.Contains(err.Error(), "what was read back is not what was") || r.leaks(err.Error()) {
		t.Errorf("Set(which is lost) = %v, want an error that says so", err)
	}
}

func TestSetUpTwoPassphrases(t *testing.T) {
	s := newSettings(t)
	asked := 0
	typing := answering("correct horse", &asked)
	s.Ask = func(ctx context.Context, question string) ([]byte, error) {
		text, err := typing(ctx, question)
		return append(text, byte('0'+asked)), err
	}
	err := setUpAge(t.Context(), s, Setup{Passphrase: true})
	if err == nil || asked != 2 || !strings.Contains(err.Error(), "the two are not the same") || strings.Contains(err.Error(), "horse") {
		t.Errorf("setUpAge(two that differ) = %v, asked %d times; want that they are not the same", err, asked)
	}
	if _, err := os.Lstat(s.Home + "/identity.txt"); err == nil {
		t.Error("setUpAge(two that differ) made identity.txt, want none")
	}
}
