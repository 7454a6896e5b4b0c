package resolve

import (
	"bytes"
	"maps"
	"slices"

	"github.com/graphwork/wg-run/internal/names"
)

// keepOurs takes back what theirs changed or removed, where ours has removed recipients
// and theirs does not know of it, and lists it: it may come from one who was removed.
func keepOurs(merged, base, ours, theirs map[string][]byte) (differ []string) {
	for _, name := range slices.Sorted(maps.Keys(base)) {
		o, inOurs := ours[name]
		t, inTheirs := theirs[name]
		if inOurs && bytes.Equal(o, base[name]) && !(inTheirs && bytes.Equal(t, o)) {
			merged[name] = o
			differ = append(differ, names.Show(name))
		}
	}
	return differ
}

// mergeEntries merges name by name and lists those that both sides changed.
func mergeEntries(base, ours, theirs map[string][]byte) (merged map[string][]byte, both []string) {
	merged = map[string][]byte{}
	all := maps.Clone(ours)
	if all == nil {
		all = map[string][]byte{}
	}
	maps.Copy(all, theirs)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o, inOurs := ours[name]
		t, inTheirs := theirs[name]
		b, inBase := base[name]
		same := func(v []byte, in bool, w []byte, also bool) bool { return in == also && bytes.Equal(v, w) }
		value, keep := o, inOurs
		switch {
		case same(o, inOurs, t, inTheirs) || same(t, inTheirs, b, inBase):
		case same(o, inOurs, b, inBase):
			value, keep = t, inTheirs
		default:
			both = append(both, names.Show(name))
			if !inOurs { // removed here and changed there: nothing is lost
				value, keep = t, true
			}
		}
		if keep {
			merged[name] = value
		}
	}
	return merged, both
}

// mergeSets is ours with what theirs added and without what theirs removed.
func mergeSets(base, ours, theirs []string) []string {
	var merged []string
	for _, x := range slices.Concat(ours, theirs) {
		inBase, inOurs, inTheirs := slices.Contains(base, x), slices.Contains(ours, x), slices.Contains(theirs, x)
		if inOurs && inTheirs || !inBase {
			merged = append(merged, x)
		}
	}
	slices.Sort(merged)
	return slices.Compact(merged)
}

// mergeRecipientFiles merges recipients.txt: the lines of ours stay where they are.
func mergeRecipientFiles(data [3][]byte) ([]byte, error) {
	var side [3][]recipient
	for i := range data {
		var err error
		if side[i], err = parseRecipients(data[i]); err != nil {
			return nil, err
		}
	}
	wanted := mergeSets(texts(side[0]), texts(side[1]), texts(side[2]))
	merged := bytes.Clone(data[1])
	for _, text := range texts(side[1]) {
		if !slices.Contains(wanted, text) {
			merged = removeRecipient(merged, text)
		}
	}
	for _, r := range side[2] {
		if slices.Contains(wanted, r.text) && !slices.Contains(texts(side[1]), r.text) {
			merged = appendRecipient(merged, r.comment, r.text)
		}
	}
	return merged, nil
}
