package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/graphwork/wg-run/internal/names"
)

// printJSON prints one JSON object.
func printJSON(v any) error {
	line, err := jsonLine(v)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	stdout("%s", line)
	return nil
}

// jsonLine is v as a line of JSON; what a terminal would obey in it is escaped.
func jsonLine(v any) (string, error) {
	text, err := json.Marshal(v)
	return names.Escaped(string(text)) + "\n", err
}

// stdoutErr is the first error of writing to standard output: an answer that
// nobody got is no success.
var stdoutErr error

func stdout(format string, args ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format, args...); err != nil && stdoutErr == nil {
		stdoutErr = fmt.Errorf("writing the answer: %w", err)
	}
}
