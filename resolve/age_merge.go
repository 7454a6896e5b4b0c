package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// errConflict: both sides changed one entry, each in its own way.
var errConflict = errors.New("changed on both sides")

// Merge is git's merge driver (gitattributes(5), "Defining a custom merge driver") for
// secrets.age and recipients.txt: it merges the files base, ours and theirs into ours.
// Where both sides changed an entry ours is kept, and the error wraps errConflict.
func (r *Resolver) Merge(ctx context.Context, base, ours, theirs string) error {
	err := r.merge(ctx, base, ours, theirs)
	if err != nil {
		return fmt.Errorf("merging two versions of the store: %w", err)
	}
	return nil
}

func (r *Resolver) merge(ctx context.Context, paths ...string) error {
	var data [3][]byte
	for i, path := range paths {
		var err error
		if data[i], err = safefile.Read(path, safefile.Rule{Foreign: true, Max: maxSealed}); err != nil {
			return err
		}
	}
	var merged []byte
	var conflict, err error
	if isSealed(data[1]) || isSealed(data[2]) {
		merged, conflict, err = r.mergeStores(ctx, data)
	} else {
		merged, err = mergeRecipientFiles(data)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(paths[1], merged, 0o600); err != nil { // git's own copy: it has its mode
		return err
	}
	return conflict
}

// mergeStores decrypts, merges and encrypts. Two stores that were not made from each
// other are not merged: somebody who cannot read ours could have put theirs in its
// place, with recipients of their own.
func (r *Resolver) mergeStores(ctx context.Context, data [3][]byte) (merged []byte, conflict, err error) {
	side := [3]*document{{}, {}, {}}
	for i := range data {
		if i == 0 && len(data[i]) == 0 { // there was none
			continue
		}
		if side[i], err = unsealStore(ctx, &r.Settings, data[i]); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", [3]string{"the base", "our side", "their side"}[i], err)
		}
	}
	base, ours, theirs := side[0], side[1], side[2]
	d, err := r.mergeHeads(base, ours, theirs)
	if err != nil {
		return nil, nil, err
	}
	var both []string
	d.entries, both = mergeEntries(base.entries, ours.entries, theirs.entries)
	if d.id != theirs.id {
		both = append(both, keepOurs(d.entries, base.entries, ours.entries, theirs.entries)...)
	}
	if merged, err = sealedFor(ctx, &r.Settings, d); err != nil {
		return nil, nil, err
	}
	if len(both) > 0 {
		conflict = hint.Add(fmt.Errorf("%s: %w; ours is kept", strings.Join(both, ", "), errConflict),
			"where theirs is right: wg-run secret set NAME; and then: git add secrets.age")
	}
	return merged, conflict, nil
}

// mergeHeads merges all but the entries. Where one side has removed recipients, what
// the other one added to them is not believed: it may come from one who was removed.
func (r *Resolver) mergeHeads(base, ours, theirs *document) (*document, error) {
	d := &document{id: ours.id, was: ours.was, recipients: mergeSets(base.recipients, ours.recipients, theirs.recipients)}
	newer := ours
	fromBase := func(d *document) bool {
		return base.entries == nil || base.id == d.id || slices.Contains(d.was, base.id)
	}
	switch {
	case ours.id == "" || theirs.id == "", !fromBase(ours), !fromBase(theirs):
		return nil, errTwoStores()
	case ours.id == theirs.id:
		return d, nil
	case slices.Contains(ours.was, theirs.id):
	case slices.Contains(theirs.was, ours.id):
		newer = theirs
	default:
		return nil, errTwoStores()
	}
	believed := slices.DeleteFunc(slices.Clone(d.recipients), func(text string) bool { return !slices.Contains(newer.recipients, text) })
	if len(believed) < len(d.recipients) {
		r.say("a recipient that one side added is left out, since the other side removed some: wg-run secret recipients list")
	}
	d.id, d.was, d.recipients = newer.id, newer.was, believed
	return d, nil
}

func errTwoStores() error {
	return hint.Add(errors.New("they are two stores, and not two versions of one"),
		"keep one (git checkout --ours secrets.age, or --theirs), and set in it what it lacks")
}
