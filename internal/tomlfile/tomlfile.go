// Package tomlfile decodes our TOML files. Its errors give the line and nothing
// of the text: the library's own quote it, and the text may be a secret.
package tomlfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/names"
)

// ErrSyntax is wrapped by every error of Decode.
var ErrSyntax = errors.New("not valid TOML, or a value of the wrong type")

// Decode decodes data into v and returns the library's metadata.
func Decode(data []byte, v any) (toml.MetaData, error) {
	if tooDeep(data) {
		return toml.MetaData{}, fmt.Errorf("nested too deeply: %w", ErrSyntax)
	}
	md, err := toml.Decode(string(data), v)
	if err == nil {
		return md, nil
	}
	line := 0
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		line = pe.Position.Line
	} else { // a value of the wrong type: the line stands in the text only
		_, _ = fmt.Sscanf(err.Error(), "toml: line %d ", &line)
	}
	if line > 0 {
		return md, fmt.Errorf("line %d: %w", line, ErrSyntax)
	}
	return md, ErrSyntax
}

// Known returns our keys below the given parents. Where open is true, other
// programs' keys may stand beside them.
type Known func(parents toml.Key) (ours []string, open bool)

// Check holds the keys of a decoded file against those that are ours. The library
// does so loosely: it ignores case, so that two spellings of a key race, and takes
// a list for an empty table. tables names the top-level keys that hold tables. The
// error names the first wrong key and the nearest of ours, but nothing that may be
// a pasted secret.
func Check(md toml.MetaData, tables []string, known Known) error {
	for _, t := range tables {
		if kind := md.Type(t); kind != "Hash" && kind != "" { // "": by its keys only
			return fmt.Errorf("%s is not a table: %w", names.Show(t), ErrSyntax)
		}
	}
	for _, key := range md.Keys() {
		for i := range key { // a header [a.b] is one key without one for [a]
			ours, open := known(key[:i])
			if slices.Contains(ours, key[i]) || open && !folded(ours, key[i]) {
				continue
			}
			return unknownKey(key[:i], key[i], ours)
		}
	}
	return nil
}

// folded reports whether the library would take name for one of ours.
func folded(ours []string, name string) bool {
	return slices.ContainsFunc(ours, func(o string) bool { return strings.EqualFold(o, name) })
}

func unknownKey(parents toml.Key, name string, list []string) error {
	where := "unknown key " + names.Show(name)
	if len(parents) > 0 {
		where += " in table " + showTable(parents)
	}
	if near := names.Near(strings.ToLower(name), list); near != "" {
		return fmt.Errorf("%s (did you mean '%s'?)", where, near)
	}
	return fmt.Errorf("%s (known: %s)", where, strings.Join(list, ", "))
}

func showTable(key toml.Key) string {
	for _, part := range key {
		if names.LooksSecret(part) {
			return names.Show(part)
		}
	}
	return names.Show(strings.Join(key, "."))
}
