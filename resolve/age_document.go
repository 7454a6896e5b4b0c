package resolve

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

func decodeAge(plain []byte) (*document, error) {
	d, err := decodeDocument(plain, "version", "id", "was", "recipients", "secrets")
	if err != nil {
		return nil, fmt.Errorf("reading what secrets.age holds: %w", err)
	}
	slices.Sort(d.recipients)
	d.recipients = slices.Compact(d.recipients)
	return d, nil
}

const ageHead = `# Secrets of wg-run. Written anew at every change: comments do not stay.
version = 1
`

// encode writes the payload that decodeAge reads.
func (d *document) encode() ([]byte, error) {
	slices.Sort(d.recipients)
	d.recipients = slices.Compact(d.recipients)
	head := ageHead + "id = " + tomlValue([]byte(d.id)) + "\n"
	if d.was != "" {
		head += "was = " + tomlValue([]byte(d.was)) + "\n"
	}
	head += "recipients = [\n"
	for _, r := range d.recipients {
		head += "  " + tomlValue([]byte(r)) + ",\n"
	}
	plain, err := encodeEntries(head+"]\n", d.entries)
	if err != nil {
		return nil, err
	}
	if again, err := decodeAge(plain); err != nil || !again.same(d) {
		return nil, errNotTheSame
	}
	return plain, nil
}

// clone is a copy that is changed, and wiped, on its own.
func (d *document) clone() *document {
	entries := make(map[string][]byte, len(d.entries))
	for name, value := range d.entries {
		entries[name] = bytes.Clone(value)
	}
	return &document{entries, slices.Clone(d.recipients), d.id, d.was}
}

func (d *document) same(other *document) bool {
	return d.id == other.id && d.was == other.was && slices.Equal(d.recipients, other.recipients) && maps.EqualFunc(d.entries, other.entries, bytes.Equal)
}
