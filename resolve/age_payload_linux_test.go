package resolve

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const withK = "[secrets]\nk = \"" + planted + "\"\n"

// What the age command encrypted, from a file that a person edited, is read as it is.
func TestAgePayloads(t *testing.T) {
	r := newAgeRig(t)
	pub := r.public()
	list := func(texts ...string) string { return "recipients = " + tomlList(texts) + "\n" }
	many := 1 << 16
	if slow {
		many = 1 << 10
	}
	for doing, text := range map[string]string{
		"no recipients, no id":   "version = 1\n" + withK,
		"no id":                  "version = 1\n" + list(pub) + withK,
		"recipients of nobody":   "version = 1\n" + list("hello", "age1nosuch", "") + withK,
		"comments and blanks":    "# mine\n\nversion = 1 # ours\n\n[secrets]\n# the key\nk = '" + planted + "' # here\n",
		"CRLF":                   "version = 1\r\n[secrets]\r\nk = \"" + planted + "\"\r\n",
		"a base64 one":           "version = 1\n[secrets]\nk = { base64 = \"c2stb3ItdjEtMDEyMzQ1Njc4OWFiY2RlZg==\" }\n",
		"inline":                 "version = 1\nsecrets = { k = \"" + planted + "\" }\n",
		"quoted keys":            "\"version\" = 1\n[\"secrets\"]\n\"k\" = \"" + planted + "\"\n",
		"many recipients":        "version = 1\n" + list(manyTexts(many)...) + withK,
		"recipients in a lump":   "version = 1\nrecipients = [\"" + strings.Repeat("x", 1<<20) + "\"]\n" + withK,
		"an id that is a poem":   "version = 1\nid = '''\n\n\x09roses\n'''\n" + withK,
		"an entry that is empty": "version = 1\n" + withK + "empty = \"\"\n",
	} {
		r.put("secrets.age", r.sealedText(text))
		r.gets("a payload with " + doing)
	}
	for doing, c := range map[string]struct{ text, want string }{
		"nothing":               {"", "'version' is not 1"},
		"version 2":             {"version = 2\n" + withK, "'version' is not 1"},
		"no version":            {withK, "'version' is not 1"},
		"version as a text":     {"version = \"1\"\n" + withK, "line 1: not valid TOML"},
		"an unknown key":        {"version = 1\nrecipient = \"x\"\n" + withK, "unknown key 'recipient'"},
		"another spelling":      {"version = 1\nSecrets = { k = \"" + planted + "\" }\n", "unknown key 'Secrets'"},
		"an unknown table":      {"version = 1\n" + withK + "[more]\nx = 1\n", "unknown key 'more'"},
		"no TOML":               {"k: " + planted + "\n", "line 1: not valid TOML"},
		"a value that is open":  {"version = 1\n[secrets]\nk = \"" + planted + "\n", "line 3: not valid TOML"},
		"a pasted key as name":  {"version = 1\n[secrets]\n\"" + planted + "/x\" = \"x\"\n", "an entry of [secrets]: "},
		"a number as value":     {"version = 1\n[secrets]\nk = 1\n", "entry 'k': neither"},
		"half of base64":        {"version = 1\n[secrets]\nk = { base64 = \"c2st*\" }\n", "entry 'k': neither"},
		"the same name twice":   {"version = 1\n" + withK + "k = \"x\"\n", "not valid TOML"},
		"recipients as a text":  {"version = 1\nrecipients = \"" + pub + "\"\n" + withK, "not valid TOML"},
		"id as a number":        {"version = 1\nid = 1\n" + withK, "not valid TOML"},
		"bytes that are not it": {"\xff\xfe\x00" + planted, "not valid TOML"},
		"brackets":              {strings.Repeat("[", 20000), "nested too deeply"},
	} {
		r.put("secrets.age", r.sealedText(c.text))
		r.fails("a payload with "+doing, c.want)
		r.storeFails("a payload with "+doing, c.want)
	}
}

func manyTexts(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "age1" + strconv.Itoa(i)
	}
	return list
}

func tomlList(texts []string) string { return fmt.Sprintf("[%s]", strings.Join(quoted(texts), ", ")) }

func quoted(texts []string) (list []string) {
	for _, t := range texts {
		list = append(list, strconv.Quote(t))
	}
	return list
}

// Recipients that a person wrote into the payload in another order, twice or with
// blanks are the same recipients: what list shows as settled is settled.
func TestAgePayloadRecipientsAnyForm(t *testing.T) {
	r := newAgeRig(t)
	pub, other := r.public(), newKey(t).Recipient().String()
	both := []string{pub, other}
	slices.Sort(both)
	slices.Reverse(both)
	r.put("recipients.txt", []byte(pub+"\n"+other+"\n"))
	for doing, texts := range map[string][]string{"the other order": both, "one twice": {pub, other, pub}, "blanks": {" " + pub, other + "\n"}} {
		r.put("secrets.age", r.sealedText("version = 1\nid = \"x\"\nrecipients = "+tomlList(texts)+"\n"+withK, both...))
		list, err := r.fresh().Recipients(t.Context())
		unsettled := slices.ContainsFunc(list, func(one Recipient) bool { return one.State != Confirmed })
		_, serr := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x")))
		if err != nil || unsettled != errors.Is(serr, errUnconfirmed) || serr != nil && !unsettled {
			t.Errorf("recipients in %s: Recipients = %v, %v, and Set = %v; want both to agree", doing, list, err, serr)
		}
	}
}

// A payload without recipients was written by the age command, for whom it was told:
// nothing is stored before each of them is confirmed, and that can be done.
func TestAgePayloadOfTheAgeCommand(t *testing.T) {
	r := newAgeRig(t)
	r.put("secrets.age", r.sealedText("version = 1\n"+withK))
	r.put("recipients.txt", nil)
	r.storeFails("no recipients at all", "behind wg-run's back")
	r.put("recipients.txt", []byte(r.public()+"\n"))
	r.storeFails("no recipients in the payload", "behind wg-run's back")
	list, err := r.Recipients(t.Context())
	if err != nil || len(list) != 1 || list[0].State != Added {
		t.Errorf("Recipients = %v, %v; want our own, added", list, err)
	}
	was := r.read("secrets.age")
	other := newKey(t).Recipient().String()
	if err := r.AddRecipients(t.Context(), "", other); !errors.Is(err, errLockout) || r.read("secrets.age") != was {
		t.Errorf("AddRecipients(another, before ours) = %v, want errLockout and nothing written", err)
	}
	if err := r.AddRecipients(t.Context(), "", r.public()); err != nil {
		t.Errorf("AddRecipients(ours) = %v, want nil", err)
	}
	if _, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil {
		t.Errorf("Set, once ours is confirmed = %v, want nil", err)
	}
	r.gets("once ours is confirmed")
}

// A file for as many as age allows is read, and only ours opens it.
func TestAgeManyStanzas(t *testing.T) {
	r := newAgeRig(t)
	texts := []string{r.public()}
	for range 100 {
		texts = append(texts, newKey(t).Recipient().String())
	}
	r.put("secrets.age", r.sealedText("version = 1\n"+withK, texts...))
	r.gets("101 recipients")
	r.identity = newKey(t)
	r.put("identity.txt", []byte(r.identity.String()))
	r.fails("101 recipients, none of them ours", "not encrypted to this identity (it is encrypted to: 101 X25519)")
}
