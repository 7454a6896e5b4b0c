package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// An identity file may hold more than one identity, comments, and what editors leave.
func TestAgeIdentityFiles(t *testing.T) {
	r := newAgeRig(t)
	mine, other := r.identity.String(), newKey(t).String()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for doing, text := range map[string]string{
		"several":             other + "\n" + mine + "\n",
		"several, ours first": mine + "\n" + other + "\n",
		"CRLF":                "# c\r\n" + mine + "\r\n",
		"no newline":          mine,
		"blanks around":       "\n\n  " + mine + " \t \n\n",
		"comments":            "# created: today\n#\n" + mine + "\n# end",
		"an odd comment":      "# public key: " + mine + "\n" + mine + "\n",
		"another kind beside": hybrid.String() + "\n" + mine + "\n",
		"a plugin's beside":   "AGE-PLUGIN-NOSUCH-1QQQQQQQQQQQQ\n" + mine + "\n",
	} {
		if doing == "a plugin's beside" { // in the form with its checksum
			text = pluginKey("nosuch", "x") + "\n" + mine + "\n"
		}
		r.put("identity.txt", []byte(text))
		r.gets("an identity file with " + doing)
	}
	for doing, c := range map[string]struct{ text, want string }{
		"nothing":           {"", "it holds no identity"},
		"comments only":     {"# public key: " + r.public() + "\n", "it holds no identity"},
		"another's":         {other, "not encrypted to this identity"},
		"a recipient":       {r.public(), "line 1: a recipient, which encrypts"},
		"half of it":        {mine[:40], "line 1: not a valid identity"},
		"one letter wrong":  {mine[:30] + flipLetter(mine[30]) + mine[31:], "line 1: not a valid identity"},
		"two in one line":   {mine + " " + mine, "line 1: not a valid identity"},
		"lower case":        {strings.ToLower(mine), "line 1: not an identity"},
		"a byte order mark": {"\xef\xbb\xbf" + mine, "line 1: not an identity"},
		"garbage behind":    {mine + "\nhello " + planted + "\n", "line 2: not an identity"},
		"NUL bytes":         {strings.Repeat("\x00", 100), "line 1: not an identity"},
		"UTF-16":            {wide(mine), "line 1: not an identity"},
		"too much":          {strings.Repeat("#", maxIdentity+1), "larger than its limit"},
	} {
		r.put("identity.txt", []byte(c.text))
		r.fails("an identity file with "+doing, c.want)
		r.storeFails("an identity file with "+doing, c.want)
	}
}

func flipLetter(c byte) string {
	if c == 'Q' {
		return "P"
	}
	return "Q"
}

func wide(s string) string {
	text := "\xff\xfe"
	for _, c := range []byte(s) {
		text += string([]byte{c, 0})
	}
	return text
}

// The variable holds a path, a reference, or an identity: in none of its forms, however
// mistyped, is a part of the identity in an error.
func TestAgeIdentityVariable(t *testing.T) {
	r := newAgeRig(t)
	elsewhere := filepath.Join(t.TempDir(), "id")
	if err := os.Rename(r.path("identity.txt"), elsewhere); err != nil {
		t.Fatal(err)
	}
	mine := r.identity.String()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	r.put("secrets.toml", []byte("version = 1\n[secrets]\nid = \""+mine+"\"\nbad = \""+planted+"\"\n"))
	t.Setenv("HOME", filepath.Dir(elsewhere))
	t.Setenv("THE_ID", mine)
	for _, text := range []string{elsewhere, "~/id", "file:" + elsewhere, "file:~/id", "plaintext:id", "plain:id", "env:THE_ID", "literal:" + mine} {
		t.Setenv(identityVariable, text)
		r.gets(identityVariable + "=" + strings.ReplaceAll(text, mine, "…"))
	}
	keygen := "# created: 2026-01-01T00:00:00Z\n# public key: " + r.public() + "\n" + mine + "\n"
	for doing, text := range map[string]string{ // $(cat identity.txt), $(age-keygen)
		"itself": mine, "itself and a newline": mine + "\n", "two of them": newKey(t).String() + "\n" + mine, "a whole file": keygen,
		"blanks before": "  \n" + mine, "a plain newline before": "\n" + mine,
	} {
		t.Setenv(identityVariable, text)
		r.gets(identityVariable + " with " + doing)
	}
	plugged := pluginKey("nosuch", "what the plugin needs")
	long := "# created: 2026-01-01T00:00:00Z\n# public key: " + hybrid.Recipient().String() + "\n" + hybrid.String() + "\n"
	for doing, c := range map[string]struct{ text, want string }{
		"a whole post-quantum file": {long, ""},
		"a whole plugin's file":     {"# " + strings.Repeat("x", 300) + "\n" + plugged + "\n", "age-plugin-nosuch"},
		"lower case":                {strings.ToLower(mine), ""},
		"quoted":                    {`"` + mine + `"`, ""},
		"a long line":               {strings.Repeat("x", 300) + mine, ""},
		"half of it":                {mine[:50], "mistyped, or cut off"},
		"the store itself":          {"age:id", "cannot be in the store that it opens"},
		"a search":                  {"auto:id", "cannot be in the store that it opens"},
		"no such entry":             {"plaintext:nosuch", "no such entry"},
		"what is no identity":       {"plaintext:bad", "not an identity"},
		"a missing file":            {"file:/no/such", "no such file"},
		"a folder":                  {"/", "not a regular file"},
		"a bad reference":           {"plaintext:" + mine + "/", ""},
	} {
		t.Setenv(identityVariable, c.text)
		text := r.fails(identityVariable+" with "+doing, c.want)
		if secret := hybrid.String()[len("AGE-SECRET-KEY-PQ-1"):]; holdsPart(text, secret) || holdsPart(text, plugged[len("AGE-PLUGIN-NOSUCH-1"):]) {
			t.Errorf("%s with %s: %q, want nothing of it", identityVariable, doing, text)
		}
	}
}

// locked is an identity file that a passphrase locks, cheaply.
func locked(t *testing.T, text, passphrase string, logN int) []byte {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(logN)
	sealed, err := seal([]byte(text), []age.Recipient{to})
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// dearer is a file that a passphrase locks, and claims to have cost 2^logN.
func dearer(t *testing.T, sealed []byte, logN int) []byte {
	t.Helper()
	lines := strings.Split(string(binary(t, sealed)), "\n")
	fields := strings.Fields(lines[1])
	fields[3] = fmt.Sprint(logN)
	lines[1] = strings.Join(fields, " ")
	return []byte(strings.Join(lines, "\n"))
}

// An identity that a passphrase locks, and what can be wrong inside and outside.
func TestAgeLockedIdentity(t *testing.T) {
	r := newAgeRig(t)
	asked := 0
	r.Ask = answering("correct horse", &asked)
	mine := r.identity.String() + "\n"
	good := locked(t, mine, "correct horse", 8)
	for doing, text := range map[string][]byte{"armored": good, "binary": binary(t, good), "with blanks": append([]byte("\n\n"), good...)} {
		asked = 0
		r.put("identity.txt", text)
		if r.gets("a locked identity, " + doing); asked != 1 {
			t.Errorf("a locked identity, %s: asked %d times, want once", doing, asked)
		}
	}
	for doing, c := range map[string]struct {
		text []byte
		want string
	}{
		"locked twice":          {locked(t, string(good), "correct horse", 8), "encrypted twice"},
		"locked twice, binary":  {locked(t, string(binary(t, good)), "correct horse", 8), "encrypted twice"},
		"nothing inside":        {locked(t, "", "correct horse", 8), "it holds no identity"},
		"something else inside": {locked(t, "hello "+planted, "correct horse", 8), "line 1: not an identity"},
		"too much inside":       {locked(t, strings.Repeat("#", maxIdentity+1), "correct horse", 8), "more than"},
		"another passphrase":    {locked(t, mine, "battery staple", 8), "the passphrase is wrong"},
		"for a key":             {r.sealedText(mine), "passphrase"}, // no passphrase opens that
		"cut off":               {good[:len(good)/2], "the file is cut off"},
		"damaged":               {append([]byte("-----BEGIN AGE ENCRYPTED FILE-----\n!!!"), good[35:]...), "the file is damaged"},
		"work factor 21":        {dearer(t, good, 21), "work factor"},
		"work factor 63":        {dearer(t, good, 63), "work factor"},
	} {
		r.put("identity.txt", c.text)
		if text := r.fails("an identity that is "+doing, c.want); holdsPart(text, "correct horse") {
			t.Errorf("an identity that is %s: %q, want no passphrase", doing, text)
		}
	}
}
