package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type secretRecipients struct {
	List recipientsList `cmd:"" help:"List who can decrypt the age store, and what changed behind wg-run's back."`
	Add  recipientsAdd  `cmd:"" help:"Encrypt the age store to one more machine or person."`
	Rm   recipientsRm   `cmd:"" help:"Encrypt the age store anew without a machine or person."`
}

type recipientsList struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run lists the recipients.
func (c *recipientsList) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	list, err := r.Recipients(context.Background())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]any{"recipients": list})
	}
	for _, one := range list {
		stdout("%s\n", recipientLine(one))
	}
	sayUnconfirmed(list)
	return nil
}

// longRecipient is where a recipient is cut in a list: post-quantum ones have 2 KB.
const longRecipient = 64

func recipientLine(one resolve.Recipient) string {
	text := names.Printable(one.Recipient)
	if len(text) > longRecipient {
		text = text[:longRecipient] + "…"
	}
	notes := []string{}
	if one.Comment != "" {
		notes = append(notes, names.Printable(names.Redacted(one.Comment)))
	}
	if one.Own {
		notes = append(notes, "this machine")
	}
	line := fmt.Sprintf("%-9s %s", one.State, text)
	if len(notes) > 0 {
		line += "  # " + strings.Join(notes, "; ")
	}
	return line
}

// sayUnconfirmed tells how to confirm what differs, or to undo it.
func sayUnconfirmed(list []resolve.Recipient) {
	for _, one := range list {
		short := hint.Command(names.Printable(shortRecipient(one.Recipient, list)))
		switch one.State {
		case resolve.Added:
			say("recipients.txt names one that nobody has confirmed; nothing is stored until it is settled:")
			say("hint: if it is right: wg-run secret recipients add " + hint.Command(names.Printable(one.Recipient)) + "; if not: wg-run secret recipients rm " + short)
		case resolve.Gone:
			say("recipients.txt does not name one any more that the store was encrypted to; nothing is stored until it is settled:")
			say("hint: if that is right: wg-run secret recipients rm " + short + "; if not: wg-run secret recipients add " + hint.Command(names.Printable(one.Recipient)))
		}
	}
}

// shortRecipient is as much of a recipient as names it.
func shortRecipient(text string, list []resolve.Recipient) string {
	for n := 24; n < len(text); n += 8 {
		same := 0
		for _, other := range list {
			if strings.HasPrefix(other.Recipient, text[:n]) {
				same++
			}
		}
		if same == 1 {
			return text[:n]
		}
	}
	return text
}

type recipientsAdd struct {
	Recipient []string `arg:"" help:"age1…, age1pq1…, age1PLUGIN1…, or an ssh public key in quotes."`
	Comment   string   `placeholder:"TEXT" help:"Whose it is; written above it into recipients.txt."`
	Only      bool     `help:"Encrypt to these and to nobody else, as where all change to another kind."`
}

// Run adds recipients, or confirms ones that were added behind our back.
func (c *recipientsAdd) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	add := r.AddRecipients
	if c.Only {
		add = r.OnlyRecipients
	}
	if err := add(context.Background(), c.Comment, c.Recipient...); err != nil {
		return err
	}
	return tellRecipients(r)
}

type recipientsRm struct {
	Recipient []string `arg:"" help:"The recipient, or as much of its beginning as no other has."`
}

// Run removes recipients, or confirms that they are gone.
func (c *recipientsRm) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	if err := r.RemoveRecipients(context.Background(), c.Recipient...); err != nil {
		return err
	}
	err = tellRecipients(r)
	say("hint: what it held until now, here and in git, they could read and still can: change those secrets")
	return err
}

// tellRecipients says how many can read the store now, and what is still to be settled.
func tellRecipients(r *resolve.Resolver) error {
	list, err := r.Recipients(context.Background())
	if err != nil {
		return err
	}
	confirmed := 0
	for _, one := range list {
		if one.State != resolve.Added {
			confirmed++
		}
	}
	say("secrets.age is encrypted to " + counted(confirmed, "recipient"))
	sayUnconfirmed(list)
	return nil
}
