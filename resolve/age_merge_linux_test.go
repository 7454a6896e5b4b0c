package resolve

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

// merging are three files as git hands them over.
type merging struct {
	*ageRig
	paths [3]string
}

func (r *ageRig) merging(data ...[]byte) *merging {
	r.t.Helper()
	m := &merging{ageRig: r}
	dir := r.t.TempDir()
	for i := range m.paths {
		m.paths[i] = filepath.Join(dir, fmt.Sprintf(".merge_file_%d", i))
		if err := firstError(os.WriteFile(m.paths[i], data[i], 0o600), os.Chmod(m.paths[i], 0o664)); err != nil { // git's, with a umask of 2
			r.t.Fatal(err)
		}
	}
	return m
}

func (m *merging) merge() error {
	return m.fresh().Merge(m.t.Context(), m.paths[0], m.paths[1], m.paths[2])
}

func (m *merging) ours() []byte {
	m.t.Helper()
	data, err := os.ReadFile(m.paths[1])
	if err != nil {
		m.t.Fatal(err)
	}
	return data
}

// refused wants an error, ours untouched, and nothing secret said.
func (m *merging) refused(doing, want string) {
	m.t.Helper()
	was := m.ours()
	err := m.merge()
	if err == nil || errors.Is(err, errConflict) || !strings.Contains(err.Error(), want) || m.leaks(err.Error()+hint.Of(err)) {
		m.t.Errorf("Merge(%s) = %v, want an error with %q and nothing secret", doing, err, want)
	}
	if now := m.ours(); string(now) != string(was) {
		m.t.Errorf("Merge(%s) = %v, and ours has %d bytes; want the %d that it had", doing, err, len(now), len(was))
	}
}

func TestMergeOfSealedFiles(t *testing.T) {
	r := newAgeRig(t)
	others := publics(t, 2)
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 25 {
		c := anyTriple(rnd)
		to := func() []string {
			list := []string{r.public()}
			for _, o := range others {
				if rnd.IntN(2) == 0 {
					list = append(list, o)
				}
			}
			slices.Sort(list)
			return list
		}
		base, ours, theirs := &document{entries: c.base, recipients: to(), id: testID}, &document{entries: c.ours, recipients: to(), id: testID}, &document{entries: c.theirs, recipients: to(), id: testID}
		m := r.merging(r.sealed(base), r.sealed(ours), r.sealed(theirs))
		err := m.merge()
		want, both := c.oracle()
		got := r.opened(m.ours())
		if !maps.Equal(asTexts(got.entries), want) || errors.Is(err, errConflict) != (len(both) > 0) || err != nil && len(both) == 0 {
			t.Fatalf("Merge(base %q, ours %q, theirs %q) = %v and %q; want %q, conflicts %q", c.base, c.ours, c.theirs, err, got.entries, want, both)
		}
		if wantTo := mergeSets(base.recipients, ours.recipients, theirs.recipients); !slices.Equal(got.recipients, wantTo) || got.id != testID {
			t.Fatalf("Merge: recipients %q, id %q; want %q and the same id", got.recipients, got.id, wantTo)
		}
		if err != nil && !strings.Contains(err.Error(), "'"+strings.Join(both, "', '")+"': changed on both sides") {
			t.Fatalf("Merge = %v, want it to name %q", err, both)
		}
	}
}

// What cannot be merged leaves ours as it is, and says which of the three is at fault.
func TestMergeRefuses(t *testing.T) {
	r := newAgeRig(t)
	mine := []byte(r.read("secrets.age"))
	d := r.opened(mine)
	stranger := newKey(t).Recipient().String()
	sealed := func(change func(d *document)) []byte {
		other := d.clone()
		change(other)
		return r.sealed(other)
	}
	newer := sealed(func(d *document) { d.entries["n"] = []byte("x") })
	foreign := sealed(func(d *document) { d.id = "another" })
	nameless := sealed(func(d *document) { d.id = "" })
	closed := r.sealedText("version = 1\n"+withK, stranger)
	list := []byte(r.public() + "\n")
	for doing, c := range map[string]struct {
		base, ours, theirs []byte
		want               string
	}{
		"theirs empty":          {mine, newer, nil, "their side: decrypting secrets.age: the file is empty"},
		"ours empty":            {mine, nil, newer, "our side: decrypting secrets.age: the file is empty"},
		"theirs cut off":        {mine, newer, mine[:200], "their side: decrypting secrets.age: the file is cut off"},
		"base cut off":          {mine[:200], newer, mine, "the base: decrypting secrets.age: the file is cut off"},
		"base of text":          {[]byte("hello"), newer, mine, "the base: decrypting secrets.age: not an age file"},
		"theirs not for us":     {mine, newer, closed, "their side: decrypting secrets.age: not encrypted to this identity"},
		"ours not for us":       {mine, closed, newer, "our side: decrypting secrets.age: not encrypted to this identity"},
		"theirs another store":  {mine, newer, foreign, "two stores"},
		"ours another store":    {mine, foreign, newer, "two stores"},
		"base another store":    {foreign, newer, mine, "two stores"},
		"base without an id":    {nameless, newer, mine, "two stores"},
		"all without an id":     {nameless, nameless, nameless, "two stores"},
		"theirs without an id":  {mine, newer, nameless, "two stores"},
		"no base, and no kin":   {nil, newer, foreign, "two stores"},
		"theirs no TOML":        {mine, newer, r.sealedText("hello " + planted), "their side: reading what secrets.age holds: line 1"},
		"a store and a list":    {mine, newer, list, "their side: decrypting secrets.age: not an age file"},
		"a list and a store":    {list, list, newer, "the base: decrypting secrets.age: not an age file"},
		"a list and an id":      {list, list, []byte(r.identity.String()), "line 1: an identity, which is private"},
		"a list and a text":     {list, list, []byte("hello"), "line 1: not a recipient"},
		"a list with conflicts": {list, []byte("<<<<<<< x\n" + string(list)), list, "line 1: not a recipient"},
		"we are nobody's":       {mine, sealed(func(d *document) { d.recipients = []string{r.public(), stranger} }), r.sealedText("version = 1\nid = \""+testID+"\"\nrecipients = [\""+stranger+"\"]\n"+withK, r.public()), "could not read the store any more"},
	} {
		r.merging(c.base, c.ours, c.theirs).refused(doing, c.want)
	}
	m := r.merging(nil, newer, mine) // both made it anew from one: no base in git
	if err := m.merge(); err != nil || len(r.opened(m.ours()).entries) != 2 {
		t.Errorf("Merge(no base) = %v, want both sides' entries", err)
	}
	m = r.merging(mine, newer, mine)
	if err := os.Remove(m.paths[0]); err != nil {
		t.Fatal(err)
	}
	m.refused("a base that is not there", "no such file")
	if now := r.read("secrets.age"); now != string(mine) {
		t.Error("Merge changed secrets.age of our folder, want only the file that git named")
	}
}

// recipients.txt: what one side added is there, what one removed is not; the lines of
// ours stay where they are.
func TestMergeOfRecipientFiles(t *testing.T) {
	r := newAgeRig(t)
	k := publics(t, 4)
	base := "# a\n" + k[0] + "\n\n# b\n" + k[1] + "\n"
	for doing, c := range map[string]struct{ base, ours, theirs, want string }{
		"both add":          {base, base + "# c\n" + k[2] + "\n", base + "# d\n" + k[3] + "\n", base + "# c\n" + k[2] + "\n# d\n" + k[3] + "\n"},
		"both add the same": {base, base + "# c\n" + k[2] + "\n", base + "# see\n" + k[2] + "\n", base + "# c\n" + k[2] + "\n"},
		"they remove":       {base, base + "# c\n" + k[2] + "\n", "# a\n" + k[0] + "\n", "# a\n" + k[0] + "\n\n# c\n" + k[2] + "\n"},
		"we remove":         {base, "# a\n" + k[0] + "\n", base + "# c\n" + k[2], "# a\n" + k[0] + "\n# c\n" + k[2] + "\n"},
		"no base":           {"", k[0] + "\n", "# b\n" + k[1] + "\n", k[0] + "\n# b\n" + k[1] + "\n"},
		"only a remark":     {base, "# new\n" + base, base, "# new\n" + base},
		"CRLF on one side":  {base, base, strings.ReplaceAll(base, "\n", "\r\n"), base},
		"no newline":        {k[0], k[0], k[0] + "\n" + k[1], k[0] + "\n" + k[1] + "\n"},
		"all three empty":   {"", "", "", ""},
	} {
		m := r.merging([]byte(c.base), []byte(c.ours), []byte(c.theirs))
		if err := m.merge(); err != nil || string(m.ours()) != c.want {
			t.Errorf("Merge(recipients, %s) = %v and %q, want %q", doing, err, m.ours(), c.want)
		}
	}
}
