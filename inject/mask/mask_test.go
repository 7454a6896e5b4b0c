package mask

import (
	"strings"
	"testing"
	"time"
)

// key has what the encodings treat each in their own way.
const key = "k\"e/y\\1+2 3%4\n5\t<é\U0001F511>?~"

var samples = []string{
	key, key + "\n", "sk-or-v1-0a1b2c3d4e5f60718293", "12345678", "deadbeef+/00", "%41%42%43%44", `\u0041\\\\n"`, "aaaaaaaa", strings.Repeat("ab", 40),
	strings.Repeat("\x00\xff", 5), "\xde\xad\xbe\xef\xfe\xed\xfa\xce", strings.Repeat("?>", 50), "a b c d e f", "\n\n\n\n\n\n\n\nx", strings.Repeat(`\`, 9),
	strings.Repeat("%", 9), "\uFFFD\uFFFD\uFFFD", "-----BEGIN KEY-----\nAAAA\nBBBB\n-----END KEY-----\n", strings.Repeat("+ ", 6),
}

func never(time.Duration, func()) func() bool { return func() bool { return true } }

// Every encoding of every sample, at each alignment, cut at every place.
func TestMaskEncodings(t *testing.T) {
	for _, s := range samples {
		secrets := []Secret{{"api_key", []byte(s)}}
		set := NewSet(secrets)
		for _, e := range encodings {
			for _, around := range []string{"", "a", "ab", "abc", "{\"k\": \"é%"} {
				text := e.encode(around + s + around)
				want := naive(text, secrets)
				if !strings.Contains(want, "[redacted:api_key]") {
					t.Fatalf("naive(%q) = %q: the test itself misses %s", text, want, e.name)
				}
				for cut := range len(text) + 1 {
					if got := masked(text, set, byte(min(cut, 255))); got != want {
						t.Fatalf("%s of %q, in pieces of %d:\n got %q\nwant %q", e.name, text, cut+1, got, want)
					}
				}
			}
		}
	}
}

// What begins like an escape at the end of a write, and is none, may be a part of the secret.
func TestMaskNoEscape(t *testing.T) {
	for _, c := range []struct{ secret, text string }{
		{"%4zabcde", "%4zabc%64e"}, {"abc%4zde", "%61bc%4zde"}, {`\u00zabc`, `\u00zab\u0063`}, {`abc\u00zd`, `\u0061bc\u00zd`}, {`\xabcdefg`, `\xabcdef\u0067`},
		{"50%off+ok", "50%off%2Bok"}, {"41abcdef", "41%61bcdef"},
	} {
		set := NewSet([]Secret{{"a", []byte(c.secret)}})
		for cut := range len(c.text) {
			if got := masked("100%"+c.text+`\`, set, byte(cut)); got != `100%[redacted:a]\` {
				t.Errorf("secret %q, in %q, in pieces of %d: got %q, want it masked", c.secret, c.text, cut+1, got)
			}
		}
	}
}

// Where an escape or a break of a line begins and ends.
func TestMaskEdges(t *testing.T) {
	for _, c := range []struct{ secret, text, want string }{
		{"01xyz/defgh", "%01xyz%2Fdefgh", "%[redacted:api_key]"}, // begins inside what else is an escape of no interest
		{"abcdefgh", "61626364\n" + strings.Repeat(" ", 15) + "65666768", "[redacted:api_key]"},
		{"abcdefgh", "61626364\n" + strings.Repeat(" ", 16) + "65666768", "61626364\n" + strings.Repeat(" ", 16) + "65666768"},
		{"abcdefgh", "6162\n6364\n" + strings.Repeat(" ", 15) + "\n65666768", "6162\n6364\n" + strings.Repeat(" ", 15) + "\n65666768"}, // one break, not two
		{"abcdefgh\xc3", `abcdefg\u0068\u00e9`, `abcdefg\u0068\u00e9`},                                                                 // a rune that begins as the secret ends
		{"abcdefgh\uFFFD", `abcdefgh\ud83d`, "[redacted:api_key]"},                                                                     // half a pair, and nothing more comes
		{"abcdefgh\uFFFD", `abcdefgh\ud83dx`, "[redacted:api_key]x"},                                                                   // or something else
		{"abcdefgh\U0001F511", `abcdefgh\ud83d`, `abcdefgh\ud83d`},                                                                     // half of the secret's
	} {
		secrets := []Secret{{"api_key", []byte(c.secret)}}
		if got := naive(c.text, secrets); got != c.want {
			t.Errorf("naive(%q) = %q, want %q", c.text, got, c.want)
		}
		for cut := range len(c.text) {
			if got := masked(c.text, NewSet(secrets), byte(cut)); got != c.want {
				t.Errorf("%q, in pieces of %d: got %q, want %q", c.text, cut+1, got, c.want)
			}
		}
	}
}
