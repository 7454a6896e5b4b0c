package mask

import (
	"encoding/base64"
	stdjson "encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encodings is every way in which a text is written that may hold a secret.
var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"as it is", func(s string) string { return s }},
	{"as a terminal shows it", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
	{"hexadecimal", func(s string) string { return fmt.Sprintf("%x", s) }},
	{"hexadecimal, upper case", func(s string) string { return fmt.Sprintf("%X", s) }},
	{"hexadecimal, in lines", func(s string) string { return inLines(fmt.Sprintf("%x", s), 60, "\n") }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64, URL", func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }},
	{"base64, unpadded", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }},
	{"base64, in lines", func(s string) string { return inLines(base64.StdEncoding.EncodeToString([]byte(s)), 76, "\r\n") }},
	{"base64, in short lines", func(s string) string { return inLines(base64.StdEncoding.EncodeToString([]byte(s)), 9, "\n    ") }},
	{"base64, in JSON", func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	}},
	{"base64, percent", func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{"percent, path", url.PathEscape},
	{"percent, form", url.QueryEscape},
	{"percent, all", func(s string) string { return eachByte(s, "%%%02X", 1) }},
	{"percent, all, lower case", func(s string) string { return eachByte(s, "%%%02x", 1) }},
	{"percent, some", func(s string) string { return eachByte(s, "%%%02x", 3) }},
	{"JSON", jsonString},
	{"JSON, slashes", func(s string) string { return strings.ReplaceAll(jsonString(s), "/", `\/`) }},
	{"JSON, all", func(s string) string { return unicodeEscaped(s, `\u%04x`) }},
	{"JSON, all, upper case", func(s string) string { return unicodeEscaped(s, `\u%04X`) }},
}

func inLines(s string, n int, end string) string {
	var b strings.Builder
	for ; len(s) > n; s = s[n:] {
		b.WriteString(s[:n] + end)
	}
	return b.String() + s
}

// eachByte formats each byte that is no letter, and each nth of all.
func eachByte(s, format string, n int) string {
	var b strings.Builder
	for i := range len(s) {
		if i%n == 0 || s[i] == '%' {
			fmt.Fprintf(&b, format, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// jsonString is the inside of a JSON string; what is not UTF-8 is left as it is.
func jsonString(s string) string {
	if !utf8.ValidString(s) {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
	}
	b, _ := stdjson.Marshal(s)
	return string(b[1 : len(b)-1])
}

func unicodeEscaped(s, format string) string {
	if !utf8.ValidString(s) {
		return jsonString(s)
	}
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}
