package mask

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// clock is one that stands until it is told.
type clock struct {
	w       *Writer
	waiting []func()
	asked   []time.Duration
}

func (c *clock) after(d time.Duration, f func()) func() bool {
	c.waiting, c.asked = append(c.waiting, f), append(c.asked, d)
	n := len(c.waiting) - 1
	return func() bool { c.waiting[n] = func() {}; return true }
}

// passes lets all timers fire that were not stopped.
func (c *clock) passes() {
	for i, f := range c.waiting {
		c.waiting[i] = func() {}
		f()
	}
}

func held(t *testing.T, secrets ...string) (*Writer, *bytes.Buffer, *clock) {
	t.Helper()
	var list []Secret
	for i, s := range secrets {
		list = append(list, Secret{fmt.Sprint(i), []byte(s)})
	}
	out := &bytes.Buffer{}
	w := New(out, list)
	c := &clock{w: w}
	w.after = c.after
	return w, out, c
}

const word = "0123456789abcdefghij!"

// What is shown after each write, before and after 50 ms.
func TestHeld(t *testing.T) {
	for _, c := range []struct{ write, now, then string }{
		{"password: ", "password: ", ""},
		{"no newline", "no newline", ""},
		{"x01", "x", "01"},                       // a possible beginning, under 8 bytes
		{"x0123456", "x", "0123456"},             // seven of them
		{"x01234567", "x", ""},                   // eight are held until it is decided
		{"x" + word[:20], "x", ""},               // for as long as that takes
		{"x" + word + "y", "x[redacted:0]y", ""}, // decided at once
		{"99%", "99", "%"},                       // a possible beginning
		{"50% ", "50% ", ""},
		{"x%a", "x%a", ""}, // neither the secret begins so nor its base64
		{"x%3", "x", "%3"},
		{`x\u00a`, `x\u00a`, ""},
		{`x\u003`, "x", `\u003`},
		{`C:\`, "C:", `\`},
		{"x%30%31%3", "x", ""}, // eight bytes of text that stand for two
		{"x" + word[:7] + "\x01", "x" + word[:7] + "\x01", ""},
		{"30313", "", "30313"}, // hexadecimal
		{"MDEyMzQ1\n", "", ""}, // base64, and the line's end
	} {
		w, out, clock := held(t, word)
		_, err := w.Write([]byte(c.write))
		if got := out.String(); got != c.now || err != nil {
			t.Errorf("Write(%q): shown %q, %v; want %q", c.write, got, err, c.now)
		}
		clock.passes()
		if got := out.String(); got != c.now+c.then {
			t.Errorf("Write(%q), 50 ms later: shown %q, want %q", c.write, got, c.now+c.then)
		}
		for _, d := range clock.asked {
			if d != 50*time.Millisecond {
				t.Errorf("Write(%q) waits for %v, want 50ms", c.write, d)
			}
		}
		if err := w.Close(); err != nil || len(clock.asked) > 1 {
			t.Errorf("Close: %v, want none; %d timers", err, len(clock.asked))
		}
		if got, want := out.String(), naive(c.write, []Secret{{"0", []byte(word)}}); got != want {
			t.Errorf("Write(%q), Close: shown %q, want %q", c.write, got, want)
		}
	}
}

// A short beginning that was shown after all is remembered: what follows of the secret is masked.
func TestHeldTooLong(t *testing.T) {
	w, out, clock := held(t, word)
	for i := range len(word) {
		_, _ = w.Write([]byte{word[i]})
		clock.passes()
	}
	if got, want := out.String(), word[:7]+"[redacted:0]"; got != want {
		t.Errorf("a byte every 50 ms: shown %q, want %q", got, want)
	}
	_, _ = w.Write([]byte("z" + word + "."))
	if got, want := out.String(), word[:7]+"[redacted:0]z[redacted:0]."; got != want {
		t.Errorf("then the whole: shown %q, want %q", got, want)
	}
}

// A timer that fires late changes nothing.
func TestHeldLateTimer(t *testing.T) {
	w, out, clock := held(t, word)
	_, _ = w.Write([]byte("012"))
	late := clock.waiting[0]
	_, _ = w.Write([]byte("3456789"))
	late()
	if got := out.String(); got != "" {
		t.Errorf("a late timer shows %q, want nothing", got)
	}
	_ = w.Close()
	late()
	if got := out.String(); got != "0123456789" {
		t.Errorf("after Close: %q, want what was held, once", got)
	}
}

func TestOverlaps(t *testing.T) {
	for _, c := range []struct {
		secrets    []string
		text, want string
	}{
		{[]string{"abcdefgh", "abcdefghijkl"}, "abcdefghijkl abcdefgh.", "[redacted:1] [redacted:0]."},
		{[]string{"abcdefghijkl", "cdefghij"}, "abcdefghijkl", "[redacted:0]"},
		{[]string{"abcdefghijkl", "efghijklmnop"}, "abcdefghijklmnop.", "[redacted:0][redacted:1]."},
		{[]string{"abcdefgh", "abcdefgh"}, "abcdefgh", "[redacted:0]"},
		{[]string{"abcdefgh", "abcdefghij"}, "abcdefgh%69j.", "[redacted:1]."}, // the longer one shows in another view
		{[]string{"abcdefghija", "bcdefghi"}, "abcdefghijabcdefghija.", "[redacted:0]."},
		{[]string{"aaaaaaaa"}, strings.Repeat("a", 20) + "b", "[redacted:0]b"},
		{[]string{"abcdefgh"}, "abcdefghabcdefgh", "[redacted:0][redacted:0]"},
		{[]string{"abcdefgh", "ijklmnop"}, "abcdefghijklmnop", "[redacted:0][redacted:1]"},
		{[]string{"abcdefg", "short", "1234567\n", "abcdefgh\r\n"}, "abcdefg short 1234567\nabcdefgh\r\n", "abcdefg short 1234567\n[redacted:3]\r\n"},
	} {
		for n := range len(c.text) {
			w, out, _ := held(t, c.secrets...)
			for rest := c.text; rest != ""; rest = rest[min(n+1, len(rest)):] {
				_, _ = w.Write([]byte(rest[:min(n+1, len(rest))]))
			}
			_ = w.Close()
			if got := out.String(); got != c.want {
				t.Errorf("secrets %q, in %q, in pieces of %d: got %q, want %q", c.secrets, c.text, n+1, got, c.want)
			}
		}
	}
}

// What stands around a secret in base64 stays, and so do the characters that are of both.
func TestBase64Around(t *testing.T) {
	for text, want := range map[string]string{
		"Basic YWJjZGVmZ2g= end":         "Basic [redacted:0]g= end",
		"Basic OmFiY2RlZmdoOg== end":     "Basic Om[redacted:0]Og== end",
		"Basic dXNlcjphYmNkZWZnaDp4 end": "Basic dXNlcjp[redacted:0]Dp4 end",
		"Basic dTphYmNkZWZnaDo= end":     "Basic dTp[redacted:0]Do= end",
		"Basic OjphYmNkZWZnaDo= end":     "Basic Ojp[redacted:0]Do= end",
		"Basic dXNlOmFiY2RlZmdoOng= end": "Basic dXNlOm[redacted:0]Ong= end",
	} {
		w, out, _ := held(t, "abcdefgh")
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		if got := out.String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A writer that takes less than all and says nothing is one that failed.
func TestShortWrite(t *testing.T) {
	w := New(short{}, []Secret{{"0", []byte(word)}})
	if n, err := w.Write([]byte("abc")); n != 0 || err != io.ErrShortWrite {
		t.Errorf("Write = %d, %v, want 0, %v", n, err, io.ErrShortWrite)
	}
}

type short struct{}

func (short) Write(p []byte) (int, error) { return len(p) - 1, nil }

type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	w := New(&failing{left: 5}, []Secret{{"0", []byte(word)}})
	for i, want := range []error{nil, errFull, errFull} {
		n, err := w.Write([]byte("abc"))
		if !errors.Is(err, want) || (err == nil) != (n == 3) {
			t.Errorf("Write %d = %d, %v, want %v", i+1, n, err, want)
		}
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close = %v, want %v", err, errFull)
	}
	if _, err := w.Write([]byte("abc")); err == nil {
		t.Error("Write after Close: no error")
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close again = %v, want nothing", err)
	}
}

// Close leaves nothing of the secret in memory that is ours.
func TestCloseWipes(t *testing.T) {
	w, _, _ := held(t, word)
	_, _ = w.Write([]byte(word + "let out" + word[:7] + "x" + word[:15])) // which is in several pieces
	kept, forms, pieces := w.kept[:cap(w.kept)], w.set.views[0].forms, w.pending.many[:cap(w.pending.many)]
	_ = w.Close()
	if kept = append(kept, pieces...); len(pieces) == 0 {
		t.Error("the pieces that one write let out were not gathered, want some to be wiped")
	}
	for _, f := range forms {
		kept = append(kept, f.text...)
	}
	if strings.Trim(string(kept), "\x00") != "" {
		t.Errorf("Close leaves %q", kept)
	}
}

func TestFound(t *testing.T) {
	w, _, _ := held(t, word, "other-secret", "none-of-it")
	_, _ = w.Write([]byte(word + " other-secret %6fther-secret"))
	_ = w.Close()
	if got := fmt.Sprint(w.Found()); got != "[1 2 0]" {
		t.Errorf("Found = %s, want [1 2 0]", got)
	}
}
