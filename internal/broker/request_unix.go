//go:build unix

package broker

import (
	"io"
)

// request is what came.
type request struct {
	verb, home string
	profile    *string // nil: none is wanted; empty: the active one
	skip       map[string]bool
	refs       []string
}

// readRequest reads one request. It reads ahead: a request comes in one piece, and holds
// no secret.
func readRequest(from io.Reader) (*request, error) {
	q := &request{skip: map[string]bool{}}
	r := &reader{r: from, limit: maxRequest}
	err := r.each(func(tag byte, text string) error {
		switch tag {
		case frameVerb:
			q.verb = text
		case frameHome:
			q.home = text
		case frameProfile:
			q.profile = &text
		case frameSkip:
			q.skip[text] = true
		case frameRef:
			q.refs = append(q.refs, text)
		default:
			return errWire
		}
		return nil
	}, nil)
	return q, err
}
