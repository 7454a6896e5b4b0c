package resolve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pick replaces the value, which is JSON, by the field that the pointer names
// (RFC 6901): a string's content, or the text of a number, true, false, object
// or array as it stands. null is not a value.
func (s *Secret) pick(pointer string) error {
	whole := s.v.b
	if !json.Valid(whole) { // its own error would quote the value
		return errors.New("picking the field: the value is not JSON")
	}
	field := json.RawMessage(bytes.TrimSpace(whole))
	for _, part := range strings.Split(pointer[1:], "/") {
		var err error
		if field, err = step(field, unescape.Replace(part)); err != nil {
			return fmt.Errorf("picking the field: %w", err)
		}
	}
	var value []byte
	switch field[0] {
	case '"':
		text, err := jsonText(field)
		if err != nil {
			return fmt.Errorf("picking the field: %w", err)
		}
		value = []byte(text)
	case 'n':
		return errors.New("picking the field: it is null")
	default:
		value = bytes.Clone(field)
	}
	clear(whole)
	s.v.b = value
	return nil
}

// jsonText decodes a JSON string, and refuses one that the library would alter:
// it puts U+FFFD in place of bytes that are not UTF-8 and of half a surrogate pair.
func jsonText(field []byte) (string, error) {
	var text string
	if json.Unmarshal(field, &text) != nil {
		return "", errors.New("the value is not JSON")
	}
	if !utf8.Valid(field) || halfPair(field) {
		return "", errors.New("the text is not valid Unicode, and would be altered")
	}
	return text, nil
}

// halfPair reports an escaped surrogate without its other half (RFC 8259, section
// 8.2) in a string that is valid JSON otherwise.
func halfPair(field []byte) bool {
	unit := func(at int) rune { // of the escape there, or 0
		if at+6 > len(field) || field[at] != '\\' || field[at+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(field[at+2:at+6]), 16, 16)
		return rune(n)
	}
	for i := 0; i < len(field); i++ {
		if field[i] != '\\' {
			continue
		}
		if u := unit(i); utf16.IsSurrogate(u) {
			if utf16.DecodeRune(u, unit(i+6)) == utf8.RuneError {
				return true
			}
			i += 6
		}
		i++ // the escaped character is none that begins an escape
	}
	return false
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
