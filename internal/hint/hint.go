// Package hint attaches to an error the one command or step that helps. A hint
// is advice for a person and no part of the error: it is printed on a line of
// its own and is not matched by errors.Is.
package hint

import (
	"errors"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Add returns err with the hint text attached; a nil err stays nil. The text
// holds no value of a secret.
func Add(err error, text string) error {
	if err == nil || text == "" {
		return err
	}
	return &hinted{err, text}
}

// Of returns the outermost hint attached to err, or "".
func Of(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}

// Command joins words into a line that a shell takes apart again: a hint is made
// to be pasted, and what stands in it may come from a file of somebody else's.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if names.Printable(w) != w {
			quoted[i] = "…"
		} else if w == "" || strings.Trim(w, plain) != "" {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// plain needs no quotes in a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,…"
