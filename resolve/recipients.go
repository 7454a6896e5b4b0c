package resolve

import (
	"context"
	"fmt"
	"slices"

	"github.com/graphwork/wg-run/internal/safefile"
)

// Recipient is somebody whom the age store is encrypted to, or would be.
type Recipient struct {
	// Recipient is its public key: age1…, or an ssh key without its comment.
	Recipient string `json:"recipient"`
	// Comment is the line above it in recipients.txt.
	Comment string `json:"comment,omitempty"`
	// State is one of the three below.
	State RecipientState `json:"state"`
	// Own says that it is the identity that is used here, as far as that can be known.
	Own bool `json:"own"`
}

// RecipientState tells whether recipients.txt and the store agree.
type RecipientState string

// The states of a recipient.
const (
	// Confirmed: in both.
	Confirmed RecipientState = "confirmed"
	// Added: in recipients.txt, but the store was not written for it.
	Added RecipientState = "added"
	// Gone: the store was written for it, but recipients.txt has it no more.
	Gone RecipientState = "gone"
)

// Recipients lists the recipients of the age store, in the order of recipients.txt.
func (r *Resolver) Recipients(ctx context.Context) ([]Recipient, error) {
	list, err := r.recipients(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the recipients: %w", err)
	}
	return list, nil
}

// recipients looks twice where the two differ: the two files are not written at once,
// and somebody may be doing it.
func (r *Resolver) recipients(ctx context.Context) ([]Recipient, error) {
	list, err := r.recipientsNow(ctx)
	if err != nil || !slices.ContainsFunc(list, func(one Recipient) bool { return one.State != Confirmed }) {
		return list, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Deadline())
	defer cancel()
	if unlock, err := safefile.Lock(ctx, r.Home); err == nil { // not on a read-only disk
		defer unlock()
	}
	return r.recipientsNow(ctx)
}

func (r *Resolver) recipientsNow(ctx context.Context) ([]Recipient, error) {
	s := &r.Settings
	d, err := openAge(ctx, s)
	if err != nil {
		return nil, err
	}
	keys, err := ageKeysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	d.normalize()
	file, _, err := readRecipients(s)
	if err != nil {
		return nil, err
	}
	own := keys.own()
	var list []Recipient
	for _, f := range file {
		state := Confirmed
		if !slices.Contains(d.recipients, f.text) {
			state = Added
		}
		list = append(list, Recipient{f.text, f.comment, state, slices.Contains(own, f.text)})
	}
	inFile := texts(file)
	for _, text := range d.recipients {
		if !slices.Contains(inFile, text) {
			list = append(list, Recipient{text, "", Gone, slices.Contains(own, text)})
		}
	}
	return list, nil
}
