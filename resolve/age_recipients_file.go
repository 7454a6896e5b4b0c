package resolve

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/safefile"
)

func writeRecipients(ctx context.Context, s *Settings, d *document, data []byte) error {
	if len(d.recipients) == 0 {
		return ErrLockout
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
	return safefile.Write(path, data)
}

func appendRecipient(data []byte, comment, text string) []byte {
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	return append(data, "# "+comment+"\n"+text+"\n"...)
}

// removeRecipient takes out the lines that hold the recipient, each with the comment
// right above it, unless that is the heading of another one below.
func removeRecipient(data []byte, text string) []byte {
	lines := slices.Collect(strings.Lines(string(data)))
	isRecipient := func(i int) bool {
		if i >= len(lines) {
			return false
		}
		line := strings.TrimSpace(lines[i])
		return line != "" && line[0] != '#'
	}
	var kept []string
	for i, line := range lines {
		if r, err := parseRecipient(line); err != nil || r.text != text {
			kept = append(kept, line)
			continue
		}
		if n := len(kept); n > 0 && strings.HasPrefix(strings.TrimSpace(kept[n-1]), "#") && !isRecipient(i+1) {
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
