package inject

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// key has what the encodings treat each in their own way: quote, slash,
// backslash, plus, space, percent sign, newline, tab, "<", a letter of two
// bytes and one outside the basic plane.
const key = "k\"e/y\\1+2 3%4\n5\t<é\U0001F511>?~"

// encodings is every form in which a secret is looked for. Each encodes a text
// of which the secret is a part.
var encodings = map[string]func(string) string{
	"as it is":                 func(s string) string { return s },
	"JSON":                     jsonEscape,
	"JSON, slashes too":        func(s string) string { return strings.ReplaceAll(jsonEscape(s), "/", `\/`) },
	"JSON, all \\u":            func(s string) string { return unicodeEscape(s, `\u%04x`) },
	"JSON, all \\u, upper":     func(s string) string { return unicodeEscape(s, `\u%04X`) },
	"percent, path":            url.PathEscape,
	"percent, form":            url.QueryEscape,
	"percent, all, upper case": func(s string) string { return percentEscape(s, "%%%02X") },
	"percent, all, lower case": func(s string) string { return percentEscape(s, "%%%02x") },
	"base64":                   inBase64(base64.StdEncoding),
	"base64, unpadded":         inBase64(base64.RawStdEncoding),
	"base64, URL":              inBase64(base64.URLEncoding),
	"base64, URL, unpadded":    inBase64(base64.RawURLEncoding),
}

func inBase64(e *base64.Encoding) func(string) string {
	return func(s string) string { return e.EncodeToString([]byte(s)) }
}

// jsonEscape is the inside of a JSON string; of text that is not UTF-8 it is
// the text (json.Marshal would put another one in its place).
func jsonEscape(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil || strings.ToValidUTF8(s, "") != s {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
	}
	return b.String()[1 : b.Len()-2]
}

func unicodeEscape(s, format string) string {
	if strings.ToValidUTF8(s, "") != s {
		return jsonEscape(s)
	}
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}

func percentEscape(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// Whatever stands around the secret: three lengths of what stands before are
// the three alignments of base64.
func TestNeedleFindsEveryEncoding(t *testing.T) {
	for _, secret := range []string{
		key, key + "\n", key + "\r\n", "0123456789abcdef", "sk-or-v1-0a1b2c3d4e5f60718293",
		strings.Repeat("\x00\xff\x80", 6), "-----BEGIN KEY-----\nAAAA\nBBBB\n-----END KEY-----\n", strings.Repeat("?>", 100),
	} {
		n := newNeedle([]byte(secret))
		bare := strings.TrimSuffix(strings.TrimSuffix(secret, "\n"), "\r")
		for name, encode := range encodings {
			for _, before := range []string{"", "a", "ab", "abc", "{\"k\": \"", "é%&+ "} {
				for _, after := range []string{"", "z", "yz", "\"}", "\r\n"} {
					for _, s := range []string{secret, bare} {
						if text := encode(before + s + after); !n.in(text) {
							t.Errorf("newNeedle(%q).in(%q) = false, want true: %s", secret, text, name)
						}
					}
				}
			}
			if text := "x=" + encode(secret) + ";"; !n.in(text) {
				t.Errorf("newNeedle(%q).in(%q) = false, want true: %s inside other text", secret, text, name)
			}
		}
	}
}

func TestNeedleNearMisses(t *testing.T) {
	const secret = "sk-or-v1-0a1b2c3d4e5f60718293"
	n := newNeedle([]byte(secret))
	for _, text := range []string{
		"", "x", secret[1:], secret[:len(secret)-1], strings.ToUpper(secret), secret[:10] + " " + secret[10:],
		secret[:10] + "\\" + secret[10:], secret[:10] + "%" + secret[10:], "\n", "%", "\\", "=", "+",
		strings.Replace(secret, "0", "o", 1), strings.Repeat(secret[:len(secret)-1]+"_", 50),
		base64.StdEncoding.EncodeToString([]byte(secret[1:])),
		base64.StdEncoding.EncodeToString([]byte("x" + secret[:len(secret)-1])),
		percentEscape(secret[1:], "%%%02x"), unicodeEscape(secret[:len(secret)-1], `\u%04x`),
		strings.ReplaceAll(secret, "-", "%2"), strings.ReplaceAll(secret, "-", `\u002`),
		fmt.Sprintf("%x", secret), // hexadecimal is no encoding of the design
	} {
		if n.in(text) {
			t.Errorf("newNeedle(%q).in(%q) = true, want false", secret, text)
		}
	}
	plus := newNeedle([]byte("0123456789 abcdef"))
	if text := "0123456789-abcdef+"; plus.in(text) {
		t.Errorf("in(%q) = true, want false", text)
	}
	plus = newNeedle([]byte("0123456789+abcdef"))
	if text := "0123456789 abcdef"; plus.in(text) {
		t.Errorf("in(%q) = true, want false: a space is not a plus", text)
	}
}

// Nothing to look for is in nothing: an empty needle would drop everything.
func TestNeedleEmpty(t *testing.T) {
	for _, secret := range []string{"", "\n", "\r\n", "\r"} {
		for _, text := range []string{"", "x", "\n", "\"\"", "%0A", "Cg=="} {
			if newNeedle([]byte(secret)).in(text) {
				t.Errorf("newNeedle(%q).in(%q) = true, want false", secret, text)
			}
		}
	}
}

// Escapes that are none, or broken off, before or after the secret.
func TestNeedleBrokenEscapes(t *testing.T) {
	const secret = "\n0123456789abcdef/\""
	n := newNeedle([]byte(secret))
	const json = `\n0123456789abcdef\/\"`
	percent := url.PathEscape(secret)
	for _, text := range []string{
		`\x` + json, `\\` + json, `\u12 ` + json, `\ud83d ` + json, `\ud83d\n` + json, `\ud83d\u0041` + json,
		`\udd11\ud83d ` + json, json + `\`, json + `\u`, json + `\ud83d\u`, `C:\users\x ` + json, `\u` + json, `\ud83d\u` + json,
		"%" + percent, "%zz" + percent, "%%" + percent, percent + "%", percent + "%2", "100% " + percent,
	} {
		if !n.in(text) {
			t.Errorf("in(%q) = false, want true", text)
		}
	}
}
