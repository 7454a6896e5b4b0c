package inject

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// escape writes a value as a format has it, between double quotes where the format has
// those. What a format cannot say is refused: it would be another secret.
func escape(style string, value []byte) ([]byte, error) {
	switch style {
	case "pgpass": // https://www.postgresql.org/docs/current/libpq-pgpass.html
		return backslashed(value, `:\`, "\n\r\x00", nil)
	case "netrc": // curl's and Python's: the next character counts as it is
		return backslashed(value, `"\`, "\n\r\x00", nil)
	case "curl": // curl(1), --config. It could say a line break; in a header that begins the next one
		return backslashed(value, `"\`, "\n\r\x00", map[byte]byte{'\t': 't', '\v': 'v'})
	case "mycnf": // https://dev.mysql.com/doc/refman/en/option-files.html
		return backslashed(value, `"\`, "\x00", map[byte]byte{'\n': 'n', '\r': 'r', '\t': 't', '\b': 'b'})
	case "json":
		return jsonText(value, false)
	case "npmrc": // JSON between quotes, and ${NAME} is a variable unless a backslash stands before it
		// npm shows a token that is no header, on its stderr and in its log.
		if i := bytes.IndexAny(value, "\n\r\x00"); i >= 0 {
			return nil, errHolds(value[i])
		}
		return jsonText(value, true)
	case "url":
		return percented(value), nil
	case "line":
		return backslashed(value, "", "\n\r\x00", nil)
	case "bare":
		if trimmed := bytes.TrimSpace(value); len(trimmed) != len(value) {
			return nil, errors.New("it begins or ends with a blank, which is not kept there")
		}
		return backslashed(value, "", "\n\r\x00", nil)
	}
	return bytes.Clone(value), nil
}

// backslashed puts a backslash before each byte of marked and writes those of short by a
// letter; one of never cannot be written.
func backslashed(value []byte, marked, never string, short map[byte]byte) ([]byte, error) {
	if i := bytes.IndexAny(value, never); i >= 0 {
		return nil, errHolds(value[i])
	}
	out := make([]byte, 0, 2*len(value))
	for _, b := range value {
		if letter, ok := short[b]; ok {
			out = append(out, '\\', letter)
			continue
		}
		if strings.IndexByte(marked, b) >= 0 {
			out = append(out, '\\')
		}
		out = append(out, b)
	}
	return out, nil
}

func errHolds(b byte) error {
	name := "a line break"
	if b == 0 {
		name = "a NUL byte"
	}
	return fmt.Errorf("it holds %s, which cannot be written there", name)
}

const hexDigits = "0123456789ABCDEF"

// jsonText is what stands between the quotes of a JSON string.
func jsonText(value []byte, variables bool) ([]byte, error) {
	if !utf8.Valid(value) {
		return nil, errors.New("it is no UTF-8, and cannot be written there")
	}
	out := make([]byte, 0, 6*len(value))
	slashes := 0 // right before this byte
	for i, b := range value {
		if variables && isVariable(value[i:]) { // npm halves the backslashes before one
			for range slashes + 1 {
				out = append(out, '\\', '\\')
			}
		}
		switch {
		case b < ' ':
			out = append(out, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		case b == '"', b == '\\':
			out = append(out, '\\', b)
		default:
			out = append(out, b)
		}
		if slashes++; b != '\\' {
			slashes = 0
		}
	}
	return out, nil
}

// isVariable: npm would put the value of a variable in place of what text begins with.
func isVariable(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("${")) {
		return false
	}
	end := bytes.IndexAny(text[2:], "${}")
	return end > 0 && text[2+end] == '}'
}

func percented(value []byte) []byte {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	out := make([]byte, 0, 3*len(value))
	for _, b := range value {
		if strings.IndexByte(plain, b) >= 0 {
			out = append(out, b)
		} else {
			out = append(out, '%', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return out
}
