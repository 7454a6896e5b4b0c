// Package tomlfile decodes our TOML files. Its errors give the line and nothing
// of the text: the library's own quote it, and the text may be a secret.
package tomlfile

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/names"
)

// ErrSyntax is wrapped by every error of Decode.
var ErrSyntax = errors.New("not valid TOML, or a value of the wrong type")

// Decode decodes data into v and returns the library's metadata.
func Decode(data []byte, v any) (toml.MetaData, error) {
	md, err := toml.Decode(string(data), v)
	if err == nil {
		return md, nil
	}
	if pe, ok := errors.AsType[toml.ParseError](err); ok && pe.Position.Line > 0 {
		return md, fmt.Errorf("line %d: %w", pe.Position.Line, ErrSyntax)
	}
	return md, ErrSyntax
}

// CheckUnknown returns an error that names the first undecoded key for which
// ours reports true, and the nearest of known. Keys are names, but a key line
// can hold a pasted secret too, so an unlikely one is not repeated.
func CheckUnknown(md toml.MetaData, known []string, ours func(toml.Key) bool) error {
	undecoded := md.Undecoded()
	sort.SliceStable(undecoded, func(i, j int) bool { return len(undecoded[i]) < len(undecoded[j]) })
	for _, key := range undecoded {
		if !ours(key) {
			continue
		}
		last := key[len(key)-1]
		where := "unknown key " + names.Show(last)
		if len(key) > 1 {
			where += " in table " + names.Show(strings.Join(key[:len(key)-1], "."))
		}
		if near := names.Near(last, known); near != "" {
			return fmt.Errorf("%s (did you mean '%s'?)", where, near)
		}
		return fmt.Errorf("%s (known: %s)", where, strings.Join(known, ", "))
	}
	return nil
}
