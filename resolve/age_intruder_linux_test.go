package resolve

import (
	"slices"
	"strings"
	"testing"
)

// Mallory was a recipient and was removed. What he still knows is the id of the store
// and its last content of then; what he can do is put a branch where ours is merged
// with. None of it makes him a recipient again.
func TestMergeOfOneWhoWasRemoved(t *testing.T) {
	r := newAgeRig(t)
	mallory := newKey(t).Recipient().String()
	if err := r.AddRecipients(t.Context(), "mallory", mallory); err != nil {
		t.Fatal(err)
	}
	old, oldList := []byte(r.read("secrets.age")), r.read("recipients.txt")
	if err := r.fresh().RemoveRecipients(t.Context(), mallory); err != nil {
		t.Fatal(err)
	}
	base, baseList := []byte(r.read("secrets.age")), r.read("recipients.txt")
	if _, err := r.fresh().Set(t.Context(), "age", "after", NewSecret([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	ours := []byte(r.read("secrets.age"))
	forged := r.opened(old)
	forged.entries["k"] = []byte("his own")
	for doing, theirs := range map[string][]byte{"the old version": old, "one that he made": r.sealed(forged)} {
		m := r.merging(base, ours, theirs)
		err := m.merge()
		if to := r.opened(m.ours()).recipients; slices.Contains(to, mallory) {
			t.Errorf("Merge(%s, on top of the version without him) = %v, and the store is encrypted to %q; want it not to be for him before somebody confirms it", doing, err, to)
		}
		lists := r.merging([]byte(baseList), []byte(baseList), []byte(oldList))
		if lerr := lists.merge(); lerr == nil && strings.Contains(string(lists.ours()), mallory) {
			t.Logf("Merge(recipients.txt, his) names him again, which alone gives him nothing")
		}
	}
}

// Who can only encrypt to us, and knows no id, gets nothing in.
func TestMergeOfOneWhoIsNone(t *testing.T) {
	r := newAgeRig(t)
	mallory := newKey(t).Recipient().String()
	base := []byte(r.read("secrets.age"))
	for _, id := range []string{"", "x", testID + "x", strings.ToLower(testID)} {
		plain, err := (&document{entries: map[string][]byte{"k": []byte("his")}, recipients: []string{mallory, r.public()}, id: id}).encode()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{base, nil} {
			r.merging(b, base, r.sealedText(string(plain), r.public(), mallory)).refused("a store made without the id, "+id, "two stores")
		}
	}
}

// from makes an earlier version the one to go on from.
func (r *ageRig) from(sealed []byte, list string) {
	r.put("secrets.age", sealed)
	r.put("recipients.txt", []byte(list))
	r.fresh()
}

// An honest branch of before a removal brings its entries; recipients that it added
// wait to be confirmed, and those that were removed stay so.
func TestMergeAcrossARemoval(t *testing.T) {
	for _, commands := range []int{1, 2} {
		n := 2 // are removed
		r := newAgeRig(t)
		keys := publics(t, 3)
		if err := r.AddRecipients(t.Context(), "", keys[:2]...); err != nil {
			t.Fatal(err)
		}
		base, list := []byte(r.read("secrets.age")), r.read("recipients.txt")
		if err := r.AddRecipients(t.Context(), "", keys[2]); err != nil {
			t.Fatal(err)
		}
		if _, err := r.fresh().Set(t.Context(), "age", "branch", NewSecret([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		branch := []byte(r.read("secrets.age"))
		r.from(base, list)
		for i := range commands {
			if err := r.fresh().RemoveRecipients(t.Context(), keys[i*n/commands:(i+1)*n/commands]...); err != nil {
				t.Fatal(err)
			}
		}
		ours := []byte(r.read("secrets.age"))
		for doing, m := range map[string]*merging{"into ours": r.merging(base, ours, branch), "into the branch": r.merging(base, branch, ours)} {
			err := m.merge()
			got := r.opened(m.ours())
			if err != nil || string(got.entries["branch"]) != "x" || string(got.entries["k"]) != planted {
				t.Errorf("removed by %d commands, a branch of before merged %s: %v, %d entries; want both sides' entries", commands, doing, err, len(got.entries))
			}
			if id := r.opened(ours).id; err == nil && (got.id != id || slices.Contains(got.recipients, keys[2])) {
				t.Errorf("removed by %d commands, a branch of before merged %s: id %s, for %q; want the id %s of after, and nobody new", commands, doing, got.id, got.recipients, id)
			}
			for _, removed := range keys[:n] {
				if slices.Contains(got.recipients, removed) && err == nil {
					t.Errorf("removed by %d commands, a branch of before merged %s: it is for %s again, want it removed", commands, doing, removed)
				}
			}
		}
	}
}

// Both sides remove somebody, each another one: whatever comes of it, neither is back.
func TestMergeOfTwoRemovals(t *testing.T) {
	r := newAgeRig(t)
	keys := publics(t, 2)
	if err := r.AddRecipients(t.Context(), "", keys...); err != nil {
		t.Fatal(err)
	}
	base, list := []byte(r.read("secrets.age")), r.read("recipients.txt")
	var sides [2][]byte
	for i := range sides {
		r.from(base, list)
		if err := r.RemoveRecipients(t.Context(), keys[i]); err != nil {
			t.Fatal(err)
		}
		sides[i] = []byte(r.read("secrets.age"))
	}
	m := r.merging(base, sides[0], sides[1])
	err := m.merge()
	to := r.opened(m.ours()).recipients
	if slices.Contains(to, keys[0]) || err == nil && slices.Contains(to, keys[1]) {
		t.Errorf("Merge(each removed another) = %v, for %q; want neither of the removed", err, to)
	}
	if err != nil && string(m.ours()) != string(sides[0]) {
		t.Errorf("Merge(each removed another) = %v, and ours is changed, want it untouched", err)
	}
}

// Who was removed may offer a new entry, but does not silently change one that is
// there: a worker would send its work to an account of his.
func TestMergeOfOneWhoChangesAnEntry(t *testing.T) {
	r := newAgeRig(t)
	mallory := newKey(t).Recipient().String()
	if err := r.AddRecipients(t.Context(), "", mallory); err != nil {
		t.Fatal(err)
	}
	old := []byte(r.read("secrets.age"))
	forged := r.opened(old)
	forged.entries["k"] = []byte("his own")
	if err := r.fresh().RemoveRecipients(t.Context(), mallory); err != nil {
		t.Fatal(err)
	}
	ours := []byte(r.read("secrets.age"))
	for doing, base := range map[string][]byte{"from the old version": old, "from ours": ours} {
		m := r.merging(base, ours, r.sealed(forged))
		err := m.merge()
		if doing == "from ours" && (err == nil || !strings.Contains(err.Error(), "two stores")) {
			t.Errorf("Merge(%s) = %v, want a refusal: the old version cannot come from ours", doing, err)
		}
		if got := string(r.opened(m.ours()).entries["k"]); got != planted {
			t.Errorf("Merge(an entry that he changed, branched %s) = %v and k = %q; want %q, and that both differ", doing, err, got, planted)
		}
	}
	r.merging(ours, old, ours).refused("ours of before the base", "two stores")
	forged.id = "another"
	r.merging(ours, ours, r.sealed(forged)).refused("another store, after a removal", "two stores")
	r.merging(nil, ours, r.sealed(forged)).refused("another store, after a removal, without a base", "two stores")
}
