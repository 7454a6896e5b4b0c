package resolve

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// storeVersion is the format of secrets.toml that this program writes.
const storeVersion = 1

const storeHead = `# Secrets of wg-run, NOT encrypted. Written anew at every change: comments do not stay.
version = 1
`

// document is what secrets.toml holds, and the payload of secrets.age, which has two
// keys more.
type document struct {
	entries map[string][]byte
	// recipients are those that secrets.age was encrypted to when it was written, in
	// the form that parseRecipient gives them, sorted.
	recipients []string
	// id is random, made with the store: it tells two versions of one store from two
	// stores, and is known only to those who can read it. It is made anew when
	// recipients are removed; was are those before.
	id  string
	was []string
	// from is the version of secrets.age that it was decrypted from, nil for a new store.
	from []byte
}

// decodeStore reads the format of secrets.toml: version = 1 and [secrets] with
// NAME = "value" or NAME = { base64 = "…" }. Its errors hold no value.
func decodeStore(data []byte) (map[string][]byte, error) {
	d, err := decodeDocument(data, "version", "secrets")
	if err != nil {
		return nil, err
	}
	return d.entries, nil
}

// decodeDocument is decodeStore for either file; keys are the top-level ones.
func decodeDocument(data []byte, keys ...string) (*document, error) {
	var f struct {
		Version    *int           `toml:"version"`
		ID         string         `toml:"id"`
		Was        []string       `toml:"was"`
		Recipients []string       `toml:"recipients"`
		Secrets    map[string]any `toml:"secrets"`
	}
	md, err := tomlfile.Decode(data, &f)
	if err != nil {
		return nil, err
	}
	if f.Version == nil || *f.Version != storeVersion {
		return nil, fmt.Errorf("'version' is not %d: written by another program, or a newer one", storeVersion)
	}
	if err := tomlfile.Check(md, []string{"secrets"}, func(parents toml.Key) ([]string, bool) {
		if len(parents) == 0 {
			return keys, false
		}
		return nil, true
	}); err != nil {
		return nil, err
	}
	d := &document{entries: make(map[string][]byte, len(f.Secrets)), recipients: f.Recipients, id: f.ID, was: f.Was}
	for name, v := range f.Secrets {
		if d.entries[name], err = entryValue(name, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func entryValue(name string, v any) ([]byte, error) {
	if !names.Valid(name) {
		return nil, errors.New("an entry of [secrets]: " + names.Rule)
	}
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case map[string]any:
		text, ok := v["base64"].(string)
		b, err := base64.StdEncoding.DecodeString(text)
		if ok && err == nil && len(v) == 1 {
			return b, nil
		}
	}
	return nil, fmt.Errorf(`entry %s: neither "text" nor { base64 = "…" }`, names.Show(name))
}

// encodeStore writes the format that decodeStore reads, sorted by name, and
// has checked that it reads back the same.
func encodeStore(entries map[string][]byte) ([]byte, error) {
	data, err := encodeEntries(storeHead, entries)
	if err != nil {
		return nil, err
	}
	again, err := decodeStore(data)
	if err != nil || !maps.EqualFunc(again, entries, bytes.Equal) {
		return nil, errNotTheSame
	}
	return data, nil
}

var errNotTheSame = errors.New("encoding the store: it would not read back the same")

func encodeEntries(head string, entries map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head + "\n[secrets]\n")
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		key := name
		if strings.Contains(name, ".") {
			key = `"` + name + `"`
		}
		b.WriteString(key + " = " + tomlValue(entries[name]) + "\n")
	}
	if b.Len() > maxStore {
		return nil, fmt.Errorf("encoding the store: more than %d bytes", maxStore)
	}
	return b.Bytes(), nil
}

// tomlValue writes v unescaped where TOML allows, so that a person can read and
// paste it, and as base64 where TOML cannot hold it (bytes that are not UTF-8).
func tomlValue(v []byte) string {
	s := string(v)
	switch {
	case !utf8.ValidString(s):
		return `{ base64 = "` + base64.StdEncoding.EncodeToString(v) + `" }`
	case !hasControl(s, "\t") && !strings.ContainsAny(s, `"\`):
		return `"` + s + `"`
	case !hasControl(s, "\t") && !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !hasControl(s, "\t\n") && !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'"):
		return "'''\n" + s + "'''"
	}
	return tomlEscaped(s)
}

// hasControl reports a control character of TOML's (U+0000–U+001F, U+007F)
// outside of allowed.
func hasControl(s, allowed string) bool {
	for _, r := range s {
		if (r < ' ' || r == 0x7f) && !strings.ContainsRune(allowed, r) {
			return true
		}
	}
	return false
}

func tomlEscaped(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u` + fourHex(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func fourHex(r rune) string {
	h := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", 4-len(h)) + h
}
