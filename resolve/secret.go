package resolve

import (
	"fmt"
	"io"
)

// MaxSecret is the largest secret, in bytes.
const MaxSecret = 1 << 20

// Secret holds one resolved value. It prints as [secret] under every verb and
// in JSON; the value leaves it only through Bytes.
type Secret struct {
	v *value // behind a pointer: fmt prints the fields of a field that it cannot call
	// Source is the scheme of the backend that answered.
	Source string
	// Note is a line about where it came from, which who gets it should see; mostly "".
	Note string
}

const redacted = "[secret]"

// NewSecret takes b over; it is not copied, and Wipe clears it.
func NewSecret(b []byte) *Secret { return &Secret{v: &value{b}} }

type value struct{ b []byte }

// Bytes returns the value itself, not a copy. It is valid until Wipe.
func (s *Secret) Bytes() []byte { return s.v.b }

// Len returns the value's length in bytes.
func (s *Secret) Len() int { return len(s.v.b) }

// Wipe overwrites the value with zeros. It may be called again.
func (s *Secret) Wipe() {
	if s != nil {
		clear(s.v.b[:cap(s.v.b)])
		s.v.b = nil
	}
}

// Format implements fmt.Formatter, for every verb and flag.
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns "[secret]".
func (s *Secret) String() string { return redacted }

// MarshalText returns "[secret]", for JSON, TOML and slog.
func (s *Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// TrimNewline removes one trailing LF or CRLF if b has no other newline, so
// that a typed key loses its newline and a PEM file keeps it.
func TrimNewline(b []byte) []byte {
	n := len(b)
	if n == 0 || b[n-1] != '\n' {
		return b
	}
	for _, c := range b[:n-1] {
		if c == '\n' {
			return b
		}
	}
	if n > 1 && b[n-2] == '\r' {
		return b[:n-2]
	}
	return b[:n-1]
}
