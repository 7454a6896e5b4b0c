package resolve

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// AddRecipients encrypts the age store to more recipients, or confirms ones that
// recipients.txt names already. comment is written above each; "" for that of an ssh
// key, or today's date.
func (r *Resolver) AddRecipients(ctx context.Context, comment string, list ...string) error {
	return r.addRecipients(ctx, false, comment, list)
}

// OnlyRecipients encrypts the age store to these and nobody else: that is the one way
// from recipients of one kind to those of another.
func (r *Resolver) OnlyRecipients(ctx context.Context, comment string, list ...string) error {
	return r.addRecipients(ctx, true, comment, list)
}

func (r *Resolver) addRecipients(ctx context.Context, only bool, comment string, list []string) error {
	if strings.ContainsFunc(comment, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return errors.New("adding a recipient: the comment is not one line")
	}
	var adding []recipient
	for i, text := range list {
		one, err := parseRecipient(text)
		if err != nil {
			return fmt.Errorf("adding recipient number %d: %w", i+1, err)
		}
		one.comment = cmp.Or(comment, one.comment, "added "+time.Now().Format(time.DateOnly))
		adding = append(adding, one)
	}
	return r.changeRecipients(ctx, "adding a recipient", func(d *document, file []string, data []byte) ([]byte, error) {
		if only {
			for _, text := range file {
				if !slices.Contains(texts(adding), text) {
					data = removeRecipient(data, text)
				}
			}
			d.removed(func(text string) bool { return !slices.Contains(texts(adding), text) })
		}
		d.recipients = append(d.recipients, texts(adding)...)
		for _, one := range adding {
			if !slices.Contains(file, one.text) {
				data = appendRecipient(data, one.comment, one.text)
				file = append(file, one.text)
			}
		}
		return data, nil
	})
}

// removed takes recipients out of the store. Who knows its id is not believed any more.
func (d *document) removed(gone func(text string) bool) {
	before := len(d.recipients)
	if d.recipients = slices.DeleteFunc(d.recipients, gone); len(d.recipients) < before && d.id != "" {
		d.was, d.id = append(d.was, d.id), newID()
	}
}

// RemoveRecipients encrypts the age store anew, without them, or confirms that
// recipients.txt does not name them any more. Each may be cut short, to where it is
// the only one that begins so. What they could read so far, they still can.
func (r *Resolver) RemoveRecipients(ctx context.Context, list ...string) error {
	return r.changeRecipients(ctx, "removing a recipient", func(d *document, file []string, data []byte) ([]byte, error) {
		var removing []string
		for _, text := range list {
			known := slices.DeleteFunc(slices.Concat(d.recipients, file), func(t string) bool { return slices.Contains(removing, t) })
			text, err := oneOf(known, text)
			if err != nil {
				return nil, err
			}
			removing = append(removing, text)
			data = removeRecipient(data, text)
		}
		d.removed(func(text string) bool { return slices.Contains(removing, text) })
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
		shown := names.Printable(k) // as it is listed: another program may have written anything
		if k == text || shown == text {
			return k, nil
		}
		if len(text) >= shortest && (strings.HasPrefix(k, text) || strings.HasPrefix(shown, text)) && k != found {
			if found != "" {
				return "", errors.New("several recipients begin so")
			}
			found = k
		}
	}
	if found == "" && len(text) < shortest {
		return "", hint.Add(fmt.Errorf("at least %d characters of a recipient name it", shortest), "wg-run secret recipients list")
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
	err := withAge(ctx, s, func(d *document) error {
		file, data, err := readRecipients(s)
		if err != nil {
			return err
		}
		before := bytes.Clone(data)
		if data, err = change(d, texts(file), data); err != nil {
			return err
		}
		return writeRecipients(ctx, s, d, before, data)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
