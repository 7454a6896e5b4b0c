package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
