package resolve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// pick replaces the value, which is JSON, by the field that the pointer names
// (RFC 6901): a string's content, or the text of a number, true, false, object
// or array as it stands. null is not a value.
func (s *Secret) pick(pointer string) error {
	whole := s.b
	if !json.Valid(whole) { // its own error would quote the value
		return fmt.Errorf("picking %s: the value is not JSON", "#"+pointer)
	}
	field := json.RawMessage(bytes.TrimSpace(whole))
	for _, part := range strings.Split(pointer[1:], "/") {
		var err error
		if field, err = step(field, unescape.Replace(part)); err != nil {
			return fmt.Errorf("picking %s: %w", "#"+pointer, err)
		}
	}
	var value []byte
	switch field[0] {
	case '"':
		var text string
		if err := json.Unmarshal(field, &text); err != nil {
			return errors.New("picking a field: the value is not JSON")
		}
		value = []byte(text)
	case 'n':
		return fmt.Errorf("picking %s: it is null", "#"+pointer)
	default:
		value = bytes.Clone(field)
	}
	clear(whole)
	s.b = value
	return nil
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

var errNoField = errors.New("the JSON value has no such field")

func step(in json.RawMessage, part string) (json.RawMessage, error) {
	switch in[0] {
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(in, &object) != nil {
			return nil, errNoField
		}
		if out, ok := object[part]; ok {
			return bytes.TrimSpace(out), nil
		}
	case '[':
		var array []json.RawMessage
		i, err := strconv.Atoi(part)
		if json.Unmarshal(in, &array) == nil && err == nil && i >= 0 && i < len(array) && strconv.Itoa(i) == part {
			return bytes.TrimSpace(array[i]), nil
		}
	}
	return nil, errNoField
}
