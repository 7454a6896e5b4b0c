package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// agePlace is a place with an age store of ana's, which ben reads as well.
type agePlace struct {
	*place
	ana *age.X25519Identity
	ben string
}

const ageConfig = "[secrets]\ndefault_backend = \"age\"\n"

func ageKey(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ageFiles are the files of a store with the entries a and b.
func ageFiles(t testing.TB, ana *age.X25519Identity, ben string) map[string]string {
	t.Helper()
	to := []string{ana.Recipient().String(), ben}
	slices.Sort(to)
	payload := fmt.Sprintf("version = 1\nid = \"AAAAAAAAAAAAAAAAAAAAAA\"\nrecipients = [%q, %q]\n[secrets]\na = %q\nb = %q\n", to[0], to[1], valueOf("a"), valueOf("b"))
	return map[string]string{
		"config.toml":    ageConfig,
		"identity.txt":   ana.String() + "\n",
		"recipients.txt": "# ana\n" + ana.Recipient().String() + "\n# ben\n" + ben + "\n",
		"secrets.age":    sealed(t, payload, to...),
		".lock":          "",
	}
}

func sealed(t testing.TB, text string, to ...string) string {
	t.Helper()
	list, err := age.ParseRecipients(strings.NewReader(strings.Join(to, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return sealedTo(t, text, list...)
}

func sealedTo(t testing.TB, text string, to ...age.Recipient) string {
	t.Helper()
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, to...)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err := errors.Join(err, w.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func newAgePlace(t testing.TB) *agePlace {
	t.Helper()
	p := &agePlace{ana: ageKey(t), ben: ageKey(t).Recipient().String()}
	p.place = newPlace(t, ageFiles(t, p.ana, p.ben))
	return p
}

// content is the payload of secrets.age, without the lines that differ each time.
func (p *agePlace) content() string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.wg, "secrets.age"))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	var plain []byte
	if err == nil {
		var r io.Reader
		if r, err = age.Decrypt(armor.NewReader(bytes.NewReader(text)), p.ana); err == nil {
			plain, err = io.ReadAll(r)
		}
	}
	if err != nil {
		p.t.Errorf("age --decrypt secrets.age: %v, want it to be whole and for us", err)
		return "broken"
	}
	i := bytes.Index(plain, []byte("\nid = "))
	if i < 0 {
		p.t.Errorf("secrets.age holds no id: %d bytes", len(plain))
		return "broken"
	}
	return string(plain[i:])
}

// standing is what counts of a store: its payload, recipients.txt, and no more files.
func (p *agePlace) standing() map[string]string {
	p.t.Helper()
	tree := p.tree()
	tree["secrets.age"] = p.content()
	return tree
}

// ageDeeds are the commands that change the store of ana. done is what a second run
// may say, with exit code 1.
var ageDeeds = map[string]struct {
	stdin string
	args  func(p *agePlace) []string
	done  string
}{
	"set, a new one":  {valueOf("k"), func(*agePlace) []string { return []string{"secret", "set", "k", "--from-stdin"} }, ""},
	"set, replacing":  {valueOf("k"), func(*agePlace) []string { return []string{"secret", "set", "a", "--from-stdin"} }, ""},
	"rm":              {"", func(*agePlace) []string { return []string{"secret", "rm", "a", "--yes"} }, "no such entry"},
	"recipients add":  {"", func(*agePlace) []string { return []string{"secret", "recipients", "add", cara, "--comment", "cara"} }, ""},
	"recipients rm":   {"", func(p *agePlace) []string { return []string{"secret", "recipients", "rm", p.ben} }, "no such recipient"},
	"rm of its short": {"", func(p *agePlace) []string { return []string{"secret", "recipients", "rm", p.ben[:20]} }, "no such recipient"},
}

const cara = "age1yvqqhrjz4g225qtzy7rpmk0s3jahtratdvlr2md298at4l0c9aqsnfrc2z"

// A command on the age store that is killed before any of its calls leaves each file
// as it was or as it was to be; the store can be read, and the same command once more
// does the rest.
func TestKilledAge(t *testing.T) {
	for name, d := range ageDeeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := newAgePlace(t)
			old := model.standing()
			args := d.args(model)
			model.must(d.stdin, args...)
			done := model.standing()
			between, deaths := 0, 0
			for n := 1; ; n++ {
				p := &agePlace{ana: model.ana, ben: model.ben}
				p.place = newPlace(t, ageFiles(t, p.ana, p.ben))
				killed, end := p.killedAt(n, d.stdin, args...)
				now := p.standing()
				if !killed {
					if left := differing(withoutIDs(now), withoutIDs(done)); end.code != 0 || len(left) > 0 {
						t.Errorf("%q, followed to its end = %d, %q, and %q differ; want 0 and none", args, end.code, end.stderr, left)
					}
					break
				}
				deaths++
				doing := fmt.Sprintf("%q, killed before its call %d", args, n)
				p.checkStanding(doing, now, old, done)
				if same(now["secrets.age"], done["secrets.age"]) != (now["recipients.txt"] == done["recipients.txt"]) {
					between++
				}
				if got := p.value("age:b"); got != valueOf("b") {
					t.Errorf("%s: secret get b = %q, want its value", doing, got)
				}
				got := p.run(d.stdin, args...)
				if got.code != 0 && !(d.done != "" && got.code == 1 && strings.Contains(got.stderr, d.done) && len(differing(withoutIDs(now), withoutIDs(done))) == 0) {
					t.Errorf("%s, then once more = %d, %q; want 0, or that it was done", doing, got.code, got.stderr)
				}
				if left := differing(withoutIDs(p.standing()), withoutIDs(done)); len(left) > 0 {
					t.Errorf("%s, then once more: %q differ from an undisturbed run, want none", doing, left)
				}
			}
			t.Logf("%d deaths, %d of them with only one of two files written", deaths, between)
			if deaths < 8 || strings.HasPrefix(args[1], "recip") && between == 0 {
				t.Errorf("%q: %d deaths, %d between two files; want 8, and some between", args, deaths, between)
			}
		})
	}
}

var idLine = regexp.MustCompile(`\nid = "[^"]*"`)

func same(a, b string) bool { return idLine.ReplaceAllString(a, "") == idLine.ReplaceAllString(b, "") }

// withoutIDs lets a store have a new id.
func withoutIDs(tree map[string]string) map[string]string {
	tree = maps.Clone(tree)
	for path, text := range tree {
		tree[path] = idLine.ReplaceAllString(text, "")
	}
	return tree
}

// checkStanding wants each file of now to be as in old or as in done.
func (p *agePlace) checkStanding(doing string, now, old, done map[string]string) {
	p.t.Helper()
	for path, got := range now {
		switch {
		case path != "secrets.age" && !private.MatchString(got):
			p.t.Errorf("%s: %s has mode %.10s, want 0600 or 0700", doing, path, got)
		case temporary.MatchString(path) || same(got, old[path]) || same(got, done[path]):
		default:
			p.t.Errorf("%s: %s is %q; want the old %q or the new %q", doing, path, got, old[path], done[path])
		}
	}
	for path := range old {
		if _, there := now[path]; !there {
			p.t.Errorf("%s: %s is not there, want the old or the new one", doing, path)
		}
	}
}

// The first use of all, killed before any of its calls: what is there stays, and the
// same command makes the rest.
func TestKilledAgeSetup(t *testing.T) {
	t.Parallel()
	args := []string{"secret", "backend", "set", "age"}
	for n := 1; ; n++ {
		p := newPlace(t, nil)
		killed, end := p.killedAt(n, "", args...)
		if !killed {
			if end.code != 0 || n < 20 {
				t.Errorf("%q, followed to its end = %d, %q, after %d calls; want 0, after 20", args, end.code, end.stderr, n)
			}
			break
		}
		doing := fmt.Sprintf("%q, killed before its call %d", args, n)
		was := p.tree()
		for path, text := range was {
			if !private.MatchString(text) {
				t.Errorf("%s: %s has mode %.10s, want 0600 or 0700", doing, path, text)
			}
		}
		p.must("", args...)
		now := p.tree()
		for _, path := range []string{"identity.txt", "secrets.age", "recipients.txt"} {
			if before, there := was[path]; there && now[path] != before {
				t.Errorf("%s, then once more: %s was made anew, want the one that was there", doing, path)
			}
		}
		for path := range now {
			if temporary.MatchString(path) {
				t.Errorf("%s, then once more: %s is left, want it removed", doing, path)
			}
		}
		p.must(valueOf("k"), "secret", "set", "k", "--from-stdin")
		if got := p.value("age:k"); got != valueOf("k") {
			t.Errorf("%s, then once more, and set: secret get = %q, want the value", doing, got)
		}
	}
}

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
