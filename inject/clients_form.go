package inject

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/resolve"
)

// form is what the client gets in place of the value: a text of its own around it, a newline
// more or less. It is a copy, for the caller to wipe.
func (c *Client) form(value []byte) ([]byte, error) {
	data := bytes.Clone(value)
	if c.Format != "" || c.Newline == "strip" {
		data = resolve.TrimNewline(data)
	}
	if c.Format != "" {
		escaped, err := escape(c.Escape, data)
		clear(data)
		if err != nil {
			return nil, c.cannotSay(err)
		}
		var parts [][]byte
		for part := range strings.SplitSeq(c.Format, "{value}") {
			parts = append(parts, []byte(part))
		}
		data = bytes.Join(parts, escaped)
		clear(escaped)
		if c.Escape == "mycnf" && longestLine(data) > optionLine {
			clear(data)
			return nil, c.cannotSay(errTooLong)
		}
	}
	if c.Newline == "add" && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	return data, nil
}

// optionLine is how long a line of an option file may be. MariaDB reads it in pieces of 4094 bytes,
// and what begins a piece is an option of its own: the end of a long value would be one.
const optionLine = 4000

var errTooLong = fmt.Errorf("its line would have more than %d bytes there, and be read as several", optionLine)

func longestLine(text []byte) (longest int) {
	for line := range bytes.Lines(text) {
		longest = max(longest, len(line))
	}
	return longest
}

// cannotSay is the error for a value that the client's format has no place for.
func (c *Client) cannotSay(err error) error {
	err = fmt.Errorf("writing it for %s: %w", c.Name, err)
	if c.Secret == "" {
		return err
	}
	return hint.Add(err, fmt.Sprintf("is it the right secret? --for %s delivers %s", c.Name, c.Secret))
}
