package inject

import (
	"fmt"
	"strings"
	"testing"
)

// Every encoding of every text that contains the secret is found, and the
// secret is not found where it is not.
func FuzzNeedle(f *testing.F) {
	for _, secret := range []string{
		key, "0123456789abcdef", "sk-or-v1-0a1b2c3d4e5f60718293", strings.Repeat("\x00", 16), strings.Repeat("\xff", 17),
		`\u0041\u0041\u0041`, strings.Repeat("%41", 6), strings.Repeat("+ ", 8), "\U0001F511\U0001F511\U0001F511\U0001F511\n", "0123456789abcdef\r\n",
	} {
		f.Add([]byte(secret), "", "")
		f.Add([]byte(secret), "{\"k\": \"", "\"}")
		f.Add([]byte(secret), "a%", "4")
		f.Add([]byte(secret), `C:\u`, `\`)
		f.Add([]byte(secret), "\xf0\x9f", "\x94\x91")
	}
	f.Fuzz(func(t *testing.T, secret []byte, before, after string) {
		n := newNeedle(secret)
		if len(n.raw) < shortest {
			return
		}
		for name, encode := range encodings {
			text := encode(before + string(secret) + after)
			if !n.in(text) {
				t.Errorf("newNeedle(%q).in(%q) = false, want true: %s", secret, text, name)
			}
		}
		checkAbsent(t, n, before+after)
	})
}

// checkAbsent looks for the secret where it is not: in itself with one bit
// changed (all that decodes gets shorter, so nothing makes up for the bit), and
// in characters of which it does not consist.
func checkAbsent(t *testing.T, n needle, other string) {
	t.Helper()
	for i := 0; i < len(n.raw); i += 1 + len(n.raw)/64 {
		text := []byte(n.raw)
		text[i] ^= 1
		if n.in(string(text)) {
			t.Errorf("newNeedle(%q).in(%q) = true, want false", n.raw, text)
		}
	}
	if strings.Trim(n.raw, ".!") == "" {
		return
	}
	text := strings.NewReplacer("0", ".", "1", "!").Replace(fmt.Sprintf("%b", []byte(n.raw+other)))
	text = strings.Trim(text, "[]")
	if n.in(text) {
		t.Errorf("newNeedle(%q).in(%q) = true, want false", n.raw, text)
	}
}

// Any text is looked at without a panic, and a text that is the secret is it.
func FuzzNeedleText(f *testing.F) {
	for _, text := range []string{
		"", "x", `\`, `\u`, `\u1`, `\ud83d`, `\ud83d\`, `\ud83d\u`, `\ud83d\udd1`, `\ud83d\udd11`, `\ud83d\u0041`, `"\`, `\"`,
		"%", "%4", "%41", "%%41", "%zz", "=", "====", "+", "\n", "\r\n", "null", "1e999", "{", "\xff\xfe", "\x00", strings.Repeat(`\`, 99),
	} {
		f.Add(text, []byte("short"))
		f.Add(text, []byte("0123456789 abcdef"))
		f.Add(text, []byte(text))
	}
	f.Fuzz(func(t *testing.T, text string, secret []byte) {
		n := newNeedle(secret)
		got := n.in(text)
		if plainly := !n.whole && strings.Contains(text, n.raw) || text == string(secret); plainly && n.raw != "" && !got {
			t.Errorf("newNeedle(%q).in(%q) = false, want true", secret, text)
		}
		if got && len(text) < len(n.raw) {
			t.Errorf("newNeedle(%q).in(%q) = true, want false: the text is shorter", secret, text)
		}
	})
}
