package resolve

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// writeRecipients writes the store for its recipients, and then recipients.txt, unless
// somebody else has changed that meanwhile.
func writeRecipients(ctx context.Context, s *Settings, d *document, before, data []byte) error {
	if len(d.recipients) == 0 {
		return hint.Add(errLockout, "wg-run secret recipients list")
	}
	path, err := agePath(s, recipientsFile)
	if err != nil {
		return err
	}
	if _, err := parseRecipients(data); err != nil {
		return err
	}
	if err := writeAge(ctx, s, d); err != nil {
		return err
	}
	if _, now, err := readRecipients(s); err != nil || !bytes.Equal(now, before) {
		return hint.Add(errors.New("recipients.txt was changed meanwhile, and is left as it is; the store was written"), "wg-run secret recipients list")
	}
	return safefile.Write(path, data)
}

func appendRecipient(data []byte, comment, text string) []byte {
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	if comment != "" {
		data = append(data, "# "+comment+"\n"...)
	}
	return append(data, text+"\n"...)
}

// removeRecipient takes out the lines that hold the recipient, each with the comment
// right above it: one that stayed would be taken for the next one's.
func removeRecipient(data []byte, text string) []byte {
	var kept []string
	for line := range strings.Lines(string(data)) {
		if r, err := parseRecipient(line); err != nil || r.text != text {
			kept = append(kept, line)
			continue
		}
		if n := len(kept); n > 0 && strings.HasPrefix(strings.TrimSpace(kept[n-1]), "#") {
			kept = kept[:n-1]
		}
	}
	return []byte(strings.Join(kept, ""))
}

// thisMachine is the comment above our own recipient.
func thisMachine() string {
	name, err := os.Hostname()
	if err != nil || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		name = "this machine"
	}
	return name + ", " + time.Now().Format(time.DateOnly)
}
