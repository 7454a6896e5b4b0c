package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A full disk, and one with room for a part of it: nothing is changed, or one of two
// files is; with room again the same command does it.
func TestFullAge(t *testing.T) {
	for name, d := range ageDeeds {
		for pages := range int64(3) {
			p := &agePlace{ana: ageKey(t), ben: ageKey(t).Recipient().String()}
			p.place = placeIn(t, mounted(t, "64k"), ageFiles(t, p.ana, p.ben))
			args := d.args(p)
			p.fill(pages)
			old := p.standing()
			got := p.run(d.stdin, args...)
			doing := fmt.Sprintf("%s with %d pages left", name, pages)
			if got.code != 0 && (got.code != 1 || !plainError.MatchString(got.stderr)) || pages == 0 && got.code == 0 || strings.Contains(got.stderr, valueOf("k")[:20]) {
				t.Errorf("%s = %d, %q; want 1 and a plain error", doing, got.code, got.stderr)
			}
			if pages == 0 {
				if left := differing(p.standing(), old); len(left) > 0 {
					t.Errorf("%s: %q differ from what they were, want none", doing, left)
				}
			}
			if err := os.Remove(filepath.Join(filepath.Dir(p.wg), "filler")); err != nil {
				t.Fatal(err)
			}
			again := p.run(d.stdin, args...)
			if again.code != 0 && !(got.code == 0 && d.done != "" && strings.Contains(again.stderr, d.done)) {
				t.Errorf("%s, then with room = %d, %q; want 0", doing, again.code, again.stderr)
			}
			p.wantSettled(doing)
		}
	}
}

// wantSettled wants recipients.txt and the store to agree.
func (p *agePlace) wantSettled(doing string) []string {
	p.t.Helper()
	var list struct {
		Recipients []struct{ Recipient, State string }
	}
	got := p.must("", "secret", "recipients", "list", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil {
		p.t.Errorf("%s: recipients list --json = %q: %v", doing, got.stdout, err)
	}
	var texts []string
	for _, one := range list.Recipients {
		texts = append(texts, one.Recipient)
		if one.State != "confirmed" {
			p.t.Errorf("%s: %s is %s, want confirmed", doing, one.Recipient, one.State)
		}
	}
	return texts
}

// Where nothing may be written each command says so and changes nothing; what reads
// goes on.
func TestDeniedAge(t *testing.T) {
	for name, d := range ageDeeds {
		p := &agePlace{ana: ageKey(t), ben: ageKey(t).Recipient().String()}
		p.place = strangers(t, ageFiles(t, p.ana, p.ben))
		p.close(".")
		was := p.tree()
		p.refused(1, denied, d.stdin, d.args(p)...)
		p.unchanged(was, name+" in a folder without the right to write")
		if got := p.value("age:b"); got != valueOf("b") {
			t.Errorf("%s denied: secret get b = %q, want its value", name, got)
		}
	}
	p := strangers(t, map[string]string{"config.toml": ageConfig})
	p.close(".")
	was := p.tree()
	p.refused(1, denied, "", "secret", "backend", "set", "age")
	p.unchanged(was, "backend set age in a folder without the right to write")
	for _, file := range []string{"secrets.age", "identity.txt"} { // whose folder may be read, and they not
		p := &agePlace{ana: ageKey(t), ben: ageKey(t).Recipient().String()}
		p.place = strangers(t, ageFiles(t, p.ana, p.ben))
		if err := os.Chmod(filepath.Join(p.wg, file), 0); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"secret", "get", "age:b"}, {"secret", "get", "auto:b"}, {"secret", "set", "x", "--from-stdin"}, {"secret", "recipients", "list"}} {
			p.refused(1, regexp.MustCompile(`(?m)^wg-run: [a-z].*`+file+`: permission denied$`), "x", args...)
		}
	}
}

// Fifty machines are added at once, while others store: none is lost, and none is told
// that somebody changed recipients.txt behind its back.
func TestCrowdOfRecipients(t *testing.T) {
	p := newAgePlace(t)
	p.put(map[string]string{"config.toml": ageConfig + "timeout = \"55s\"\n"}) // they wait for one another, and for a machine that is busy
	keys, names := make([]string, crowd), named("n", crowd/5)
	for i := range keys {
		keys[i] = ageKey(t).Recipient().String()
	}
	atOnce(crowd+len(names), func(i int) {
		if i >= crowd {
			p.must(valueOf(names[i-crowd]), "secret", "set", names[i-crowd], "--from-stdin")
		} else if got := p.must("", "secret", "recipients", "add", keys[i]); strings.Contains(got.stderr, "until it is settled") {
			t.Errorf("recipients add, among fifty: %q, want nothing to settle", got.stderr)
		}
	})
	texts := p.wantSettled("fifty added at once")
	for _, key := range append(keys, p.ben, p.ana.Recipient().String()) {
		if !slices.Contains(texts, key) {
			t.Errorf("fifty added at once: %s is not listed, want all", key)
		}
	}
	p.holds("age", append(names, "a", "b"))
	atOnce(crowd, func(i int) {
		if got := p.must("", "secret", "recipients", "rm", keys[i]); strings.Contains(got.stderr, "until it is settled") {
			t.Errorf("recipients rm, among fifty: %q, want nothing to settle", got.stderr)
		}
	})
	if texts := p.wantSettled("fifty removed at once"); len(texts) != 2 {
		t.Errorf("fifty removed at once: %d are left, want 2", len(texts))
	}
}
