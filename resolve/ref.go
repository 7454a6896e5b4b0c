package resolve

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// ErrBadRef is wrapped by every error of ParseRef.
var ErrBadRef = errors.New("not a reference")

// Ref names one secret in one backend. It holds no value, but with literal:
// its path is one, so it prints redacted.
type Ref struct {
	// Scheme chooses the backend.
	Scheme string
	// Path is what follows "SCHEME:", without the pointer.
	Path string
	// Pointer is a JSON pointer (RFC 6901) into the value, "" for all of it.
	Pointer string

	env string // the environment step of auto:, set by Auto only
}

// Auto is the hybrid search for name. The environment is asked too if variable
// is not "": that is for older profiles, which name one.
func Auto(name, variable string) Ref { return Ref{Scheme: "auto", Path: name, env: variable} }

// ParseRef reads "SCHEME:PATH" with an optional "#/json/pointer". Its error
// never repeats text, which may be a pasted key.
func (s *Settings) ParseRef(text string) (Ref, error) {
	scheme, path, ok := strings.Cut(text, ":")
	if text != "" && strings.IndexByte("/.~", text[0]) >= 0 {
		return Ref{}, hint.Add(fmt.Errorf("%w: it has no scheme", ErrBadRef), "a file is named by file:PATH")
	}
	if scheme == "plain" {
		scheme = "plaintext"
	}
	if !ok {
		return Ref{}, hint.Add(fmt.Errorf("%w: it has no scheme (the text is not shown, it may be a key)", ErrBadRef),
			"a reference is SCHEME:NAME, as keyring:openrouter; to store a key: wg-run secret set NAME")
	}
	b := s.BackendOf(scheme)
	if b == nil && scheme != "auto" {
		return Ref{}, unknownScheme(scheme, s.Schemes())
	}
	ref := Ref{Scheme: scheme, Path: path}
	if i := strings.LastIndex(path, "#/"); i >= 0 {
		ref.Path, ref.Pointer = path[:i], path[i+1:]
	}
	if err := ref.check(b, s.Judged); err != nil {
		return Ref{}, fmt.Errorf("%w: %s: %w", ErrBadRef, scheme, err)
	}
	return ref, nil
}

func unknownScheme(scheme string, schemes []string) error {
	err := fmt.Errorf("%w: unknown scheme (the text is not shown, it may be a key)", ErrBadRef)
	if near := names.Near(strings.ToLower(scheme), schemes); near != "" {
		return hint.Add(err, "did you mean "+near+":…?")
	}
	return hint.Add(err, "known schemes: "+strings.Join(schemes, ", "))
}

// check judges a reference to that backend, nil for auto:. What a row of managers.toml
// says of its form is left out if it was judged before.
func (r Ref) check(b *Backend, judged bool) error {
	switch {
	case r.Path == "" || r.Path == "//":
		return hint.Add(errors.New("nothing follows the scheme"), r.whole(b))
	case strings.IndexByte(r.Path, 0) >= 0:
		return errors.New("it contains a NUL byte")
	case r.Scheme == "literal":
	case strings.ContainsFunc(r.Path+r.Pointer, unicode.IsControl):
		return errors.New("it contains a control character")
	case (b == nil || b.Named) && !names.Valid(r.Path):
		return errors.New(names.Rule)
	case r.Scheme == "env" && strings.ContainsAny(r.Path, "$= "):
		return errors.New("what follows is not a variable's name (write env:VAR, without a $)")
	case b != nil && b.Form != nil && !judged:
		return b.Form(r.Path)
	}
	return nil
}

// whole says what a reference of that scheme looks like.
func (r Ref) whole(b *Backend) string {
	if b == nil || b.Named {
		return "write " + r.Scheme + ":NAME; wg-run secret list shows the names that there are"
	}
	return "write " + r.Scheme + ":… with what it names: " + names.Printable(b.Help)
}

// String returns the reference as it was written, save for what may be a value:
// the path of literal:, and a name that looks like a pasted key.
func (r Ref) String() string {
	if r.Scheme == "literal" {
		return "literal:[secret]"
	}
	text := r.Scheme + ":" + shownPath(r.Path)
	if item, field, _ := strings.Cut(r.Path, "#"); (r.Scheme == "bws" || r.Scheme == "bw") && isUUID(item) {
		text = strings.TrimSuffix(r.Scheme+":"+item+"#"+shownPath(field), "#")
	}
	if r.Scheme == "file" && !names.PathLooksSecret(r.Path) { // folders may have long names
		text = "file:" + names.Printable(r.Path)
	}
	if r.Pointer != "" {
		text += "#" + shownPath(r.Pointer)
	}
	return text
}

// shownPath is a path for an error text, unless a part of it may be a pasted key.
func shownPath(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		if names.LooksSecret(part) && !isItemID(part) {
			return names.Hidden
		}
	}
	return names.Printable(path)
}

// isItemID reports whether s has the form of 1Password's item identifiers: 26
// characters of lower-case base32.
func isItemID(s string) bool {
	return len(s) == 26 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// isUUID reports whether s has the form of Bitwarden's identifiers.
func isUUID(s string) bool {
	parts := strings.Split(s, "-")
	for _, p := range parts {
		if strings.Trim(p, "0123456789abcdef") != "" {
			return false
		}
	}
	return len(parts) == 5 && len(s) == 36 && len(parts[0]) == 8 && len(parts[4]) == 12
}

// GoString keeps %#v from printing the fields.
func (r Ref) GoString() string { return r.String() }

// Variable returns the environment variable that the reference reads, or "".
func (r Ref) Variable() string {
	if r.Scheme == "env" {
		return r.Path
	}
	return r.env
}
