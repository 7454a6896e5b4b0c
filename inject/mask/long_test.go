package mask

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// counter counts what is written, and keeps nothing.
type counter struct{ n, names int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	c.names += bytes.Count(p, []byte("[redacted:"))
	return len(p), nil
}

// steps is how often forms were compared with a text, and how much of it was moved, which must not grow faster than the text.
func hostileSteps(t *testing.T, secret, text string, piece int) int {
	t.Helper()
	set := NewSet([]Secret{{"a", []byte(secret)}})
	w := set.Writer(io.Discard)
	w.after = never
	for rest := text; rest != ""; rest = rest[min(piece, len(rest)):] {
		_, _ = w.Write([]byte(rest[:min(piece, len(rest))]))
	}
	_ = w.Close()
	return w.steps
}

// Secrets that repeat themselves, in texts that nearly hold them: each byte is compared a
// few times at most, however long the secret is.
func TestLinear(t *testing.T) {
	const n = 20000
	for _, c := range []struct{ name, secret, text string }{
		{"a row", strings.Repeat("a", n) + "b", strings.Repeat("a", 4*n)},
		{"a row, nearly", strings.Repeat("a", n) + "b", strings.Repeat(strings.Repeat("a", n-1)+"c", 4)},
		{"two rows", strings.Repeat("a", n) + "b" + strings.Repeat("a", n) + "c", strings.Repeat(strings.Repeat("a", n)+"b", 4)},
		{"pairs", strings.Repeat("ab", n/2) + "c", strings.Repeat("ab", 2*n)},
		{"percent", strings.Repeat("a", n) + "b", strings.Repeat("%61", 2*n)},
		{"percent, some", strings.Repeat("a", n) + "b", strings.Repeat("%61aaa", n)},
		{"JSON", strings.Repeat("a", n) + "b", strings.Repeat(`\u0061`, n)},
		{"backslashes", strings.Repeat(`\`, n) + "b", strings.Repeat(`\`, 4*n)},
		{"percent signs", strings.Repeat("%", n) + "b", strings.Repeat("%", 4*n)},
		{"hexadecimal", strings.Repeat("\x11", n) + "b", strings.Repeat("1", 4*n)},
		{"base64", strings.Repeat("\x00", n) + "b", strings.Repeat("A", 4*n)},
		{"base64, lines", strings.Repeat("\x00", n) + "b", strings.Repeat("AAAA\n", n)},
		{"lines", strings.Repeat("a", n) + "b", strings.Repeat("\n", 4*n)},
		{"spaces", strings.Repeat(" ", n) + "b", strings.Repeat("+", 4*n)},
	} {
		for _, piece := range []int{len(c.text), 1000, 7, 1} {
			if got, limit := hostileSteps(t, c.secret, c.text, piece), 60*len(c.text); got > limit {
				t.Errorf("%s, in pieces of %d: %d steps for %d bytes, want %d at most", c.name, piece, got, len(c.text), limit)
			}
		}
	}
}

// Where a form repeats itself is what a comparison at each place finds.
func TestRepeats(t *testing.T) {
	check := func(text string) {
		t.Helper()
		got := (&form{text: []byte(text)}).repeats()
		for i := 1; i < len(text); i++ {
			want := 0
			for i+want < len(text) && text[want] == text[i+want] {
				want++
			}
			if int(got[i]) != want {
				t.Fatalf("repeats of %q at %d = %d, want %d", text, i, got[i], want)
			}
		}
	}
	for bits := range 1 << 12 { // every text of two letters
		var b strings.Builder
		for i := range 12 {
			b.WriteByte("ab"[bits>>i&1])
		}
		check(b.String())
	}
}

// A write of many MiB is taken in portions: what it lets out is not gathered as a whole.
func TestLargeWrite(t *testing.T) {
	n := &counter{}
	w := New(n, []Secret{{"0", []byte(word)}})
	const lines = 1 << 18
	if _, err := w.Write([]byte(strings.Repeat(word+"\n", lines))); err != nil {
		t.Fatal(err)
	}
	if gathered := cap(w.pending.many); gathered > 1<<20 {
		t.Errorf("%d bytes are gathered, want about 128 KiB at a time", gathered)
	}
	if err := w.Close(); err != nil || n.names != lines {
		t.Errorf("masked %d times, %v; want %d", n.names, err, lines)
	}
}

// Four secrets of the largest size, whole, in part, and encoded.
func TestLargestSecrets(t *testing.T) {
	var secrets []Secret
	var text, want strings.Builder
	for i := range 4 {
		b := make([]byte, 1<<20)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(b)
		secrets = append(secrets, Secret{fmt.Sprint(i), b})
		fmt.Fprintf(&text, "%s.%x;%s", b, b, b[:1<<19])
		fmt.Fprintf(&want, "[redacted:%d].[redacted:%d];%s", i, i, b[:1<<19])
	}
	var out bytes.Buffer
	w := New(&out, secrets)
	w.after = never
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, strings.NewReader(text.String()), make([]byte, 10007)); err != nil {
		t.Fatal(err)
	}
	if kept := cap(w.kept); kept > 4<<20 {
		t.Errorf("%d bytes are kept, want about the length of a secret in hexadecimal", kept)
	}
	if err := w.Close(); err != nil || out.String() != want.String() {
		t.Errorf("got %d bytes, %v, want %d: the same but for the secrets", out.Len(), err, want.Len())
	}
}

// 1 GiB through a pipe: not a byte is lost, and little is kept.
func TestGigabyte(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("a gigabyte, and slow")
	}
	const total = 1 << 30
	r, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	sent := sha256.New()
	go func() {
		defer func() { _ = in.Close() }()
		b := make([]byte, 1<<20)
		source := rand.NewChaCha8([32]byte{7})
		for range total / len(b) {
			_, _ = source.Read(b)
			b[len(b)-1] = word[len(word)-2] // no secret, and at times nearly one
			copy(b[len(b)-len(word):], word[:len(word)-1])
			sent.Write(b)
			if _, err := in.Write(b); err != nil {
				return
			}
		}
	}()
	got := sha256.New()
	n := &counter{}
	w := New(io.MultiWriter(got, n), []Secret{{"0", []byte(word)}})
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 64<<10)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n.n != total || n.names != 0 || !bytes.Equal(got.Sum(nil), sent.Sum(nil)) {
		t.Errorf("of %d bytes %d came through, masked %d times; want all, unchanged", total, n.n, n.names)
	}
	if cap(w.kept) > 1<<20 {
		t.Errorf("%d bytes are kept, want few", cap(w.kept))
	}
}
