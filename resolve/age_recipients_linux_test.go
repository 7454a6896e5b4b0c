package resolve

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

func publics(t *testing.T, n int) []string {
	t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = newKey(t).Recipient().String()
	}
	return list
}

// states are the recipients as list tells them.
func (r *ageRig) states() map[string]RecipientState {
	r.t.Helper()
	list, err := r.fresh().Recipients(r.t.Context())
	if err != nil {
		r.t.Errorf("Recipients = %v, want nil", err)
	}
	m := map[string]RecipientState{}
	for _, one := range list {
		m[one.Recipient] = one.State
	}
	return m
}

// to are the recipients whom secrets.age names.
func (r *ageRig) to() []string {
	r.t.Helper()
	return r.opened([]byte(r.read("secrets.age"))).recipients
}

// What recipients.txt may hold, and what it may not; its text is never repeated.
func TestRecipientsFile(t *testing.T) {
	r := newAgeRig(t)
	pub, other := r.public(), newKey(t).Recipient().String()
	ssh := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXlw8RYCqVkvpWaWvNdbpZkkbQ2UVRz0X8mzd6IDyGn ana@laptop"
	for doing, text := range map[string]string{
		"comments":      "# ours\n\n# really\n" + pub + "\n# end",
		"CRLF":          "# ours\r\n" + pub + "\r\n",
		"blanks":        "  \t" + pub + " \t \n\n\n",
		"no newline":    pub,
		"one twice":     pub + "\n" + pub + "\n",
		"10,000 lines":  strings.Repeat("# "+strings.Repeat("x", 80)+"\n\n", 5000) + pub,
		"an odd remark": "# \x1b[31m" + planted + "\x00\n" + pub + "\n",
	} {
		r.put("recipients.txt", []byte(text))
		if _, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil {
			t.Errorf("recipients.txt with %s: Set = %v, want nil", doing, err)
		}
		if got := r.states(); len(got) != 1 || got[pub] != Confirmed {
			t.Errorf("recipients.txt with %s: Recipients = %v, want one that is confirmed", doing, got)
		}
	}
	for doing, c := range map[string]struct{ text, want string }{
		"another":               {pub + "\n" + other + "\n", "behind wg-run's back"},
		"another instead":       {other + "\n", "behind wg-run's back"},
		"nothing":               {"", "behind wg-run's back"},
		"comments only":         {"# " + pub, "behind wg-run's back"},
		"an ssh key":            {pub + "\n" + ssh + "\n", "behind wg-run's back"},
		"an identity":           {pub + "\n" + r.identity.String() + "\n", "line 2: an identity, which is private"},
		"an identity, lower":    {strings.ToLower(r.identity.String()), "line 1: an identity, which is private"},
		"a plugin's identity":   {pluginKey("x", planted), "line 1: an identity, which is private"},
		"a pasted key":          {pub + "\n" + planted + "\n", "line 2: not a recipient"},
		"upper case":            {strings.ToUpper(pub), "line 1: not a recipient"},
		"half of one":           {pub[:30], "line 1: not a valid recipient"},
		"one letter wrong":      {pub[:20] + "b" + pub[21:], "line 1: not a valid recipient"},
		"a control character":   {pub[:20] + "\x1b" + pub[20:], "line 1: not a valid recipient"},
		"a NUL":                 {pub + "\x00", "line 1: not a valid recipient"},
		"a byte order mark":     {"\xef\xbb\xbf" + pub, "line 1: not a recipient"},
		"two in one line":       {pub + " " + other, "line 1: not a valid recipient"},
		"a remark behind":       {pub + " # ours", "line 1: not a valid recipient"},
		"conflict marks":        {"<<<<<<< HEAD\n" + pub, "line 1: not a recipient"},
		"half of an ssh key":    {ssh[:30], "line 1: not a valid ssh"},
		"an ssh kind alone":     {"ssh-rsa \n" + pub, "line 1: not a"},
		"an ssh private key":    {"-----BEGIN OPENSSH PRIVATE KEY-----\n" + planted, "line 1: not a recipient"},
		"a line of a megabyte":  {"age1" + strings.Repeat("q", 1<<19), "line 1: not a valid recipient"},
		"more than a megabyte":  {strings.Repeat("#", maxRecipients+1), "larger than its limit"},
		"10,000 bad lines":      {strings.Repeat(planted+"\n", 10000), "line 1: not a recipient"},
		"a post-quantum prefix": {"age1pq1" + pub[4:], "line 1: not a valid recipient"},
		"a tag prefix":          {"age1tag1" + pub[4:], "line 1: not a valid recipient"},
	} {
		r.put("recipients.txt", []byte(c.text))
		r.storeFails("recipients.txt with "+doing, c.want)
		r.gets("recipients.txt with " + doing)
		if now := r.read("recipients.txt"); now != c.text {
			t.Errorf("recipients.txt with %s: it is changed, want it untouched", doing)
		}
	}
}

// One of two that came behind our back is confirmed, the other stays open; neither
// reads anything before.
func TestRecipientsConfirmOne(t *testing.T) {
	r := newAgeRig(t)
	keys := publics(t, 3)
	r.put("recipients.txt", []byte(r.public()+"\n# b\n"+keys[0]+"\n# c\n"+keys[1]+"\n"))
	r.storeFails("two that are new", "behind wg-run's back")
	if err := r.AddRecipients(t.Context(), "", keys[0]); err != nil {
		t.Fatalf("AddRecipients(one of two) = %v, want nil", err)
	}
	if got := r.states(); got[keys[0]] != Confirmed || got[keys[1]] != Added || len(got) != 3 {
		t.Errorf("Recipients, one confirmed = %v, want the other added", got)
	}
	if to := r.to(); slices.Contains(to, keys[1]) || !slices.Contains(to, keys[0]) {
		t.Errorf("the store is encrypted to %q, want it to be with %s and without %s", to, keys[0], keys[1])
	}
	r.storeFails("one that is new", "behind wg-run's back")
	if err := r.AddRecipients(t.Context(), "later", keys[2]); err != nil { // one that nobody put there
		t.Fatalf("AddRecipients(a third) = %v, want nil", err)
	}
	if to := r.to(); slices.Contains(to, keys[1]) {
		t.Errorf("AddRecipients(a third) encrypts to %q, want nothing for the one that is not confirmed", to)
	}
	id := r.opened([]byte(r.read("secrets.age"))).id
	if err := r.RemoveRecipients(t.Context(), keys[1]); err != nil {
		t.Errorf("RemoveRecipients(the other) = %v, want nil", err)
	}
	if now := r.opened([]byte(r.read("secrets.age"))).id; now != id { // else branches of before would not merge
		t.Errorf("RemoveRecipients(one who never read the store): id %s, want %s as before", now, id)
	}
	if _, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil {
		t.Errorf("Set, all settled = %v, want nil", err)
	}
	want := r.public() + "\n# b\n" + keys[0] + "\n# later\n" + keys[2] + "\n"
	if got := r.read("recipients.txt"); got != want {
		t.Errorf("recipients.txt = %q, want %q", got, want)
	}
	r.put("recipients.txt", []byte(r.public()+"\n"))
	if err := r.fresh().RemoveRecipients(t.Context(), keys[0]); err != nil {
		t.Errorf("RemoveRecipients(one of two that are gone) = %v, want nil", err)
	}
	if got := r.states(); got[keys[2]] != Gone || len(got) != 2 {
		t.Errorf("Recipients = %v, want %s to be gone still", got, keys[2])
	}
	if err := r.AddRecipients(t.Context(), "", keys[2]); err != nil || r.states()[keys[2]] != Confirmed {
		t.Errorf("AddRecipients(one that is gone) = %v, %v; want it confirmed", err, r.states())
	}
}

// Adding and removing what is (not) there, by a part, by several, all at once.
func TestRecipientsAddRemove(t *testing.T) {
	r := newAgeRig(t)
	keys := publics(t, 2)
	text := "# ours\n" + r.public() + "\n"
	r.put("recipients.txt", []byte(text))
	for range 2 {
		if err := r.AddRecipients(t.Context(), "b", keys[0], " "+keys[0]+"\n", keys[0]); err != nil {
			t.Errorf("AddRecipients(three times the same) = %v, want nil", err)
		}
		if got := r.read("recipients.txt"); got != text+"# b\n"+keys[0]+"\n" || len(r.to()) != 2 {
			t.Errorf("AddRecipients(three times the same): recipients.txt = %q, the store has %q; want it once", got, r.to())
		}
	}
	was := r.read("secrets.age")
	for doing, list := range map[string][]string{
		"ours": {r.public()}, "all": {r.public(), keys[0]}, "another": {keys[1]}, "a prefix of two": {"age1"}, "nothing": {""},
		"too short": {keys[0][:9]}, "one that is, one that is not": {keys[0], keys[1]}, "one twice": {keys[0], keys[0]}, "a pasted key": {planted},
		"an identity": {r.identity.String()},
	} {
		err := r.RemoveRecipients(t.Context(), list...)
		if err == nil || r.leaks(err.Error()+hint.Of(err)) || (doing == "ours" || doing == "all") != errors.Is(err, errLockout) {
			t.Errorf("RemoveRecipients(%s) = %v, want an error without a key, and for us errLockout", doing, err)
		}
		if now := r.read("recipients.txt"); r.read("secrets.age") != was || now != text+"# b\n"+keys[0]+"\n" {
			t.Errorf("RemoveRecipients(%s) = %v, and changed the files, want them untouched", doing, err)
		}
	}
	if err := r.RemoveRecipients(t.Context(), keys[0][:12]); err != nil || r.read("recipients.txt") != text || !slices.Equal(r.to(), []string{r.public()}) {
		t.Errorf("RemoveRecipients(12 characters) = %v, recipients.txt = %q; want %q", err, r.read("recipients.txt"), text)
	}
	for doing, list := range map[string][]string{"a bad one": {"age1x"}, "a good and a bad one": {keys[0], planted}, "an identity": {r.identity.String()}} {
		if err := r.AddRecipients(t.Context(), "", list...); err == nil || r.leaks(err.Error()+hint.Of(err)) || r.read("recipients.txt") != text {
			t.Errorf("AddRecipients(%s) = %v, want an error without a key, and nothing changed", doing, err)
		}
	}
	for _, comment := range []string{"a\n" + keys[1], "a\r" + keys[1], "\x00", "\x7f"} {
		if err := r.AddRecipients(t.Context(), comment, keys[0]); err == nil || r.read("recipients.txt") != text {
			t.Errorf("AddRecipients(comment %q) = %v, want an error and nothing changed", comment, err)
		}
	}
}

// A short name that fits two is refused: nobody else is removed.
func TestRecipientsAmbiguous(t *testing.T) {
	r := newAgeRig(t)
	a := pluginRecipientText("nosuch", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1")
	b := pluginRecipientText("nosuch", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2")
	r.put("recipients.txt", []byte(r.public()+"\n"+a+"\n"+b+"\n"))
	if err := r.RemoveRecipients(t.Context(), a[:20]); err == nil || !strings.Contains(err.Error(), "several recipients begin so") {
		t.Errorf("RemoveRecipients(%s) = %v, want that several begin so", a[:20], err)
	}
	if err := r.RemoveRecipients(t.Context(), a, b); err != nil { // nothing is encrypted to them: no plugin needed
		t.Errorf("RemoveRecipients(both, by all of their text) = %v, want nil", err)
	}
	if got := r.read("recipients.txt"); got != r.public()+"\n" {
		t.Errorf("recipients.txt = %q, want ours alone", got)
	}
}

// The comment right above a recipient goes with it.
func TestRecipientsComments(t *testing.T) {
	k := publics(t, 4)
	for doing, c := range map[string]struct{ text, want string }{
		"its own":          {"# a\n" + k[0] + "\n# b\n" + k[1] + "\n", "# a\n" + k[0] + "\n"},
		"none":             {k[0] + "\n" + k[1] + "\n", k[0] + "\n"},
		"a blank between":  {"# all\n\n" + k[1] + "\n" + k[0] + "\n", "# all\n\n" + k[0] + "\n"},
		"two lines of it":  {"# all\n# b\n" + k[1] + "\n# a\n" + k[0] + "\n", "# all\n# a\n" + k[0] + "\n"},
		"twice":            {"# a\n" + k[0] + "\n# b\n" + k[1] + "\n# b again\n" + k[1] + "\n", "# a\n" + k[0] + "\n"},
		"CRLF":             {"# a\r\n" + k[0] + "\r\n# b\r\n" + k[1] + "\r\n", "# a\r\n" + k[0] + "\r\n"},
		"a heading of two": {"# the office\n" + k[1] + "\n" + k[0] + "\n# home\n" + k[2] + "\n", k[0] + "\n# home\n" + k[2] + "\n"},
		"no newline":       {k[0] + "\n# b\n" + k[1], k[0] + "\n"},
	} {
		if got := string(removeRecipient([]byte(c.text), k[1])); got != c.want {
			t.Errorf("removeRecipient(%s: %q) = %q, want %q", doing, c.text, got, c.want)
		}
	}
}

// Whoever could not read the store any more is stopped, whichever way it would come.
func TestRecipientsLockout(t *testing.T) {
	r := newAgeRig(t)
	other := newKey(t)
	if err := r.AddRecipients(t.Context(), "", other.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	store, list := r.read("secrets.age"), r.read("recipients.txt")
	if err := r.RemoveRecipients(t.Context(), r.public()); !errors.Is(err, errLockout) {
		t.Errorf("RemoveRecipients(ours) = %v, want errLockout", err)
	}
	// Two identities, of which only the other one is left among the recipients: no lockout.
	r.put("identity.txt", []byte(r.identity.String()+"\n"+other.String()+"\n"))
	if r.read("secrets.age") != store || r.read("recipients.txt") != list {
		t.Error("RemoveRecipients(ours) changed the files, want them untouched")
	}
	if err := r.fresh().RemoveRecipients(t.Context(), r.public()); err != nil {
		t.Errorf("RemoveRecipients(one of our two) = %v, want nil", err)
	}
	r.gets("with the other of our two")
	if _, err := os.Stat(r.path("secrets.age")); err != nil {
		t.Error(err)
	}
}
