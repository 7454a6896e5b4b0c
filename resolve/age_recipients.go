package resolve

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"
	"filippo.io/age/tag"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// recipientsFile names whom the store is encrypted to, one a line, as age(1) documents
// it under -R. It is not authenticated: whoever adds a line would read the next
// version. So the store holds the list as well, and one that differs is not used
// before a person has confirmed it.
const recipientsFile = "recipients.txt"

// maxRecipients bounds recipients.txt, in bytes.
const maxRecipients = 1 << 20

// recipient is one line of recipients.txt.
type recipient struct {
	// text is the recipient in the one form in which it is compared and stored.
	text string
	// comment is the line above it, without the #.
	comment string
	// program says that the age program has to encrypt to it: an ssh key.
	program bool
}

var errNoRecipient = errors.New("not a recipient that wg-run knows (age1…, age1pq1…, age1NAME1… of a plugin, ssh-ed25519 …, ssh-rsa …)")

// parseRecipient reads one recipient. Its error holds nothing of it.
func parseRecipient(text string) (recipient, error) {
	r := recipient{text: strings.TrimSpace(text)}
	switch {
	case strings.HasPrefix(strings.ToUpper(r.text), "AGE-SECRET-KEY-"), strings.HasPrefix(strings.ToUpper(r.text), "AGE-PLUGIN-"):
		return r, hint.Add(errors.New("an identity, which is private, and not a recipient (not shown)"), "age-keygen -y FILE prints the recipient of an identity")
	case strings.HasPrefix(r.text, "ssh-ed25519 "), strings.HasPrefix(r.text, "ssh-rsa "):
		fields := strings.Fields(r.text)
		blob, err := base64.StdEncoding.DecodeString(fields[1])
		if err != nil || !bytes.HasPrefix(blob, append([]byte{0, 0, 0, byte(len(fields[0]))}, fields[0]...)) {
			return r, errors.New("not a valid ssh public key")
		}
		r.text, r.program = fields[0]+" "+fields[1], true
		r.comment = strings.Map(printableOnly, strings.Join(fields[2:], " "))
		return r, nil
	case strings.HasPrefix(r.text, "age1"):
		if _, err := r.native(&pluginUI{s: &Settings{}}); err != nil {
			return r, errors.New("not a valid recipient: mistyped, or cut off")
		}
		return r, nil
	}
	return r, errNoRecipient
}

func printableOnly(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}

// native is the recipient as the library knows it, for those that need no program.
func (r *recipient) native(ui *pluginUI) (age.Recipient, error) {
	switch {
	case strings.HasPrefix(r.text, "age1pq1"):
		return age.ParseHybridRecipient(r.text)
	case strings.HasPrefix(r.text, "age1tag1"), strings.HasPrefix(r.text, "age1tagpq1"):
		return tag.ParseRecipient(r.text)
	case strings.Count(r.text, "1") > 1:
		return newPluginRecipient(ui, r.text)
	}
	return age.ParseX25519Recipient(r.text)
}

// readRecipients reads recipients.txt; none if there is no such file.
func readRecipients(s *Settings) ([]recipient, []byte, error) {
	path, err := agePath(s, recipientsFile)
	if err != nil {
		return nil, nil, err
	}
	data, err := safefile.Read(path, safefile.Rule{Max: maxRecipients})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the recipients: %w", err)
	}
	list, err := parseRecipients(data)
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return list, data, nil
}

func parseRecipients(data []byte) (list []recipient, err error) {
	n, comment := 0, ""
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "#"); ok {
			comment = strings.TrimSpace(rest)
			continue
		}
		if line != "" {
			r, err := parseRecipient(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			r.comment = cmp.Or(comment, r.comment)
			list = append(list, r)
		}
		comment = ""
	}
	return list, nil
}

// texts is the set of recipients, sorted.
func texts(list []recipient) []string {
	set := make([]string, 0, len(list))
	for _, r := range list {
		set = append(set, r.text)
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// errUnconfirmed: recipients.txt is not what the store was written for.
var errUnconfirmed = errors.New("recipients.txt was changed behind wg-run's back, so nothing is encrypted to it")

// confirmed holds recipients.txt against the list in the store.
func confirmed(s *Settings, d *document) error {
	list, _, err := readRecipients(s)
	if err != nil {
		return err
	}
	if !slices.Equal(texts(list), d.recipients) || len(list) == 0 {
		return hint.Add(errUnconfirmed, "wg-run secret recipients list shows what differs; add or rm confirms it")
	}
	return nil
}
