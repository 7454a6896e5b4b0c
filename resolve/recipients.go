package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
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

func (r *Resolver) recipients(ctx context.Context) ([]Recipient, error) {
	s := &r.Settings
	d, err := openAge(ctx, s)
	if err != nil {
		return nil, err
	}
	keys, err := ageKeysOf(ctx, s)
	if err != nil {
		return nil, err
	}
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

// AddRecipients encrypts the age store to more recipients, or confirms ones that
// recipients.txt names already. comment is written above each; "" for today's date.
func (r *Resolver) AddRecipients(ctx context.Context, comment string, list ...string) error {
	if comment == "" {
		comment = "added " + time.Now().Format(time.DateOnly)
	}
	if strings.ContainsFunc(comment, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return errors.New("adding a recipient: the comment is not one line")
	}
	var adding []string
	for i, text := range list {
		parsed, err := parseRecipient(text)
		if err != nil {
			return fmt.Errorf("adding recipient number %d: %w", i+1, err)
		}
		adding = append(adding, parsed.text)
	}
	return r.changeRecipients(ctx, "adding a recipient", func(d *document, file []string, data []byte) ([]byte, error) {
		d.recipients = append(d.recipients, adding...)
		for _, text := range adding {
			if !slices.Contains(file, text) {
				data = appendRecipient(data, comment, text)
				file = append(file, text)
			}
		}
		return data, nil
	})
}

// RemoveRecipients encrypts the age store anew, without them, or confirms that
// recipients.txt does not name them any more. Each may be cut short, to where it is
// the only one that begins so. What they could read so far, they still can.
func (r *Resolver) RemoveRecipients(ctx context.Context, list ...string) error {
	return r.changeRecipients(ctx, "removing a recipient", func(d *document, file []string, data []byte) ([]byte, error) {
		before := len(d.recipients)
		for _, text := range list {
			known := slices.Concat(d.recipients, file)
			text, err := oneOf(known, text)
			if err != nil {
				return nil, err
			}
			d.recipients = slices.DeleteFunc(d.recipients, func(t string) bool { return t == text })
			file = slices.DeleteFunc(file, func(t string) bool { return t == text })
			data = removeRecipient(data, text)
		}
		if len(d.recipients) < before && d.id != "" { // who knows the old one is not believed any more
			d.was, d.id = append(d.was, d.id), newID()
		}
		return data, nil
	})
}

// shortest is how much of a recipient has to be given to name it.
const shortest = 10

// oneOf finds the recipient that begins with text.
func oneOf(known []string, text string) (string, error) {
	if parsed, err := parseRecipient(text); err == nil {
		text = parsed.text
	}
	found := ""
	for _, k := range known {
		if k == text {
			return k, nil
		}
		if len(text) >= shortest && strings.HasPrefix(k, text) && k != found {
			if found != "" {
				return "", errors.New("several recipients begin so")
			}
			found = k
		}
	}
	if found == "" {
		return "", hint.Add(errors.New("no such recipient"), "wg-run secret recipients list")
	}
	return found, nil
}

// changeRecipients writes the store for the recipients that change leaves, and then
// recipients.txt. A run that was ended in between is made good by another.
func (r *Resolver) changeRecipients(ctx context.Context, doing string, change func(d *document, file []string, data []byte) ([]byte, error)) error {
	ctx, cancel := context.WithTimeout(ctx, r.Deadline())
	defer cancel()
	s := &r.Settings
	err := func() error {
		unlock, err := lockAge(ctx, s)
		if err != nil {
			return err
		}
		defer unlock()
		d, err := openAge(ctx, s)
		if err != nil {
			return err
		}
		file, data, err := readRecipients(s)
		if err != nil {
			return err
		}
		if data, err = change(d, texts(file), data); err != nil {
			return err
		}
		return writeRecipients(ctx, s, d, data)
	}()
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
