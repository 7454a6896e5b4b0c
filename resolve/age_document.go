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
	return d, nil
}

const ageHead = `# Secrets of wg-run. Written anew at every change: comments do not stay.
version = 1
`

// encode writes the payload that decodeAge reads.
func (d *document) encode() ([]byte, error) {
	d.normalize()
	head := ageHead + "id = " + tomlValue([]byte(d.id)) + "\n"
	if len(d.was) > 0 {
		head += "was = " + tomlTexts(d.was)
	}
	plain, err := encodeEntries(head+"recipients = "+tomlTexts(d.recipients), d.entries)
	if err != nil {
		return nil, err
	}
	if again, err := decodeAge(plain); err != nil || !again.same(d) {
		return nil, errNotTheSame
	}
	return plain, nil
}

// normalize gives the recipients the form in which they are compared: another program
// may have written them. What is none stays as it is, and can be removed.
func (d *document) normalize() {
	for i, text := range d.recipients {
		if r, err := parseRecipient(text); err == nil {
			d.recipients[i] = r.text
		}
	}
	slices.Sort(d.recipients)
	d.recipients = slices.Compact(d.recipients)
}

// wipe overwrites the values with zeros.
func (d *document) wipe() {
	for _, value := range d.entries {
		clear(value)
	}
}

// clone is a copy that is changed, and wiped, on its own.
func (d *document) clone() *document {
	entries := make(map[string][]byte, len(d.entries))
	for name, value := range d.entries {
		entries[name] = bytes.Clone(value)
	}
	return &document{entries, slices.Clone(d.recipients), d.id, slices.Clone(d.was), d.from}
}

func tomlTexts(texts []string) string {
	list := "[\n"
	for _, text := range texts {
		list += "  " + tomlValue([]byte(text)) + ",\n"
	}
	return list + "]\n"
}

func (d *document) same(other *document) bool {
	return d.id == other.id && slices.Equal(d.was, other.was) && slices.Equal(d.recipients, other.recipients) && maps.EqualFunc(d.entries, other.entries, bytes.Equal)
}
