package mask

import (
	"bytes"
	"strings"
	"testing"
)

// composed makes a text of what a program says: secrets in all encodings, whole and in
// part, between other bytes.
func composed(program []byte, secrets []Secret) string {
	var b strings.Builder
	next := func() int {
		if len(program) == 0 {
			return 0
		}
		c := program[0]
		program = program[1:]
		return int(c)
	}
	for len(program) > 0 && b.Len() < 4000 {
		op := next()
		if op >= 3*len(encodings) {
			n := min(op-3*len(encodings), len(program))
			b.Write(program[:n])
			program = program[n:]
			continue
		}
		text := string(secrets[next()%len(secrets)].Value)
		if op%3 == 1 {
			n := min(next()%8, len(program)) // an alignment, and what stands before
			text = string(program[:n]) + text + string(program[:n])
			program = program[n:]
		}
		text = encodings[op/3].encode(text)
		if op%3 == 2 {
			from := next() % (len(text) + 1)
			text = text[from : from+next()%(len(text)-from+1)]
		}
		b.WriteString(text)
	}
	return b.String()
}

// masked writes a text in pieces whose lengths are the bytes of cuts, again and again.
func masked(text string, set *Set, cuts ...byte) string {
	var out bytes.Buffer
	w := set.Writer(&out)
	w.after = never
	for i := 0; text != ""; i++ {
		n := len(text)
		if len(cuts) > 0 {
			n = min(n, 1+int(cuts[i%len(cuts)]))
		}
		if _, err := w.Write([]byte(text[:n])); err != nil {
			return "writing: " + err.Error()
		}
		text = text[n:]
	}
	if err := w.Close(); err != nil {
		return "closing: " + err.Error()
	}
	return out.String()
}

// Whatever the secrets are, what stands around them and how it is cut, the output is that
// of the naive masker.
func FuzzMask(f *testing.F) {
	for _, s := range samples {
		for i := range encodings {
			op := byte(3 * i)
			f.Add([]byte(s), []byte("other-secret-0123"), []byte{op, 0, op + 1, 0, 1, 'x', op + 1, 1, 2, 'y', op + 2, 0, 3, 20, op, 0, op, 0, op + 1, 0, 2, '%'}, []byte{0, 6, 30})
		}
	}
	f.Fuzz(func(t *testing.T, one, two, program, cuts []byte) {
		one, two = one[:min(len(one), 300)], two[:min(len(two), 300)]
		secrets := []Secret{{"a", one}, {"b", two}}
		text := composed(program, secrets)
		want := naive(text, secrets)
		set := NewSet(secrets)
		for _, c := range [][]byte{nil, {0}, {1}, cuts} {
			if got := masked(text, set, c...); got != want {
				t.Errorf("secrets %q and %q, in %q, cut by %v:\n got %q\nwant %q", one, two, text, c, got, want)
			}
		}
	})
}
