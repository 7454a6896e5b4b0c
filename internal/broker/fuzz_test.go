//go:build unix

package broker

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/graphwork/wg-run/resolve"
)

// Whatever comes is read within its bounds, or refused; what was read can be written and
// read again. The seeds are in testdata/fuzz.

func FuzzReadRequest(f *testing.F) {
	f.Add(newMessage().add(frameVerb, verbRun).add(frameHome, "/h").add(frameProfile, "").add(frameSkip, "a").end())
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		q, err := readRequest(r)
		if read := len(in) - r.Len(); read > maxRequest {
			t.Fatalf("%d bytes were read, want at most %d", read, maxRequest)
		}
		if err != nil {
			return
		}
		m := newMessage().add(frameVerb, q.verb).add(frameHome, q.home)
		if q.profile != nil {
			m.add(frameProfile, *q.profile)
		}
		for _, name := range slices.Sorted(maps.Keys(q.skip)) {
			m.add(frameSkip, name)
		}
		for _, ref := range q.refs {
			m.add(frameRef, ref)
		}
		again, err := readRequest(bytes.NewReader(m.end()))
		if err == nil && (again.verb != q.verb || again.home != q.home || (again.profile == nil) != (q.profile == nil) || !maps.Equal(again.skip, q.skip) || !slices.Equal(again.refs, q.refs)) {
			t.Fatalf("%+v was written and is read as %+v", q, again)
		}
		_, _ = q.of(&Policy{Home: q.home})
	})
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(append(newMessage().add(frameName, "n").add(frameSource, "s").add(frameSay, "x").b, frames(frameValue, "v", frameEnd, "")...))
	f.Fuzz(func(t *testing.T, in []byte) {
		taken := -1
		v := readAnswer(bytes.NewReader(in), func(n int) ([]byte, error) {
			if taken >= 0 || n > resolve.MaxSecret {
				t.Fatalf("memory for a value is wanted: %d bytes after %d", n, taken)
			}
			taken = n
			return make([]byte, n), nil
		})
		if v.Err == nil && taken < 0 {
			t.Fatal("an answer without a value and without an error")
		}
		if v.Err == nil {
			return
		}
		back := Value{}
		r := &reader{r: bytes.NewReader(newMessage().failure(v.Err).end()), limit: maxOrder}
		if err := r.each(func(tag byte, text string) error { back.take(tag, text); return nil }, nil); err == nil && *back.Err != *FailureOf(v.Err.Err()) {
			t.Fatalf("%+v was written and is read as %+v", v.Err, back.Err)
		}
	})
}

func FuzzReadOrder(f *testing.F) {
	var wire bytes.Buffer
	o := someOrder()
	delete(o.Policy.Files, "profiles/large.toml")
	if err := o.write(&wire); err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := readOrder(bytes.NewReader(in), asWritten)
		if err != nil {
			return
		}
		var wire bytes.Buffer
		if err := o.write(&wire); err != nil {
			t.Fatal(err)
		}
		again, err := readOrder(&wire, asWritten)
		if err != nil { // as where a text is over the bound that two of them had kept
			return
		}
		if again.TTL != o.TTL || !maps.EqualFunc(again.Policy.Files, o.Policy.Files, bytes.Equal) {
			t.Fatalf("%+v was written and is read as %+v", o, again)
		}
	})
}

func FuzzReadStock(f *testing.F) {
	var wire bytes.Buffer
	st := someStock()
	st.Values = st.Values[:1]
	if err := st.write(&wire); err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		st, err := readStock(bytes.NewReader(in), fuzzed)
		if err != nil {
			return
		}
		var wire bytes.Buffer
		if err := st.write(&wire); err != nil {
			t.Fatal(err)
		}
		again, err := readStock(&wire, fuzzed)
		if err != nil { // as where a text is over the bound that two of them had kept
			return
		}
		if len(again.Values) != len(st.Values) || !bytes.Equal(again.Identity, st.Identity) {
			t.Fatalf("%+v was written and is read as %+v", st, again)
		}
		for _, st := range []*Stock{st, again} {
			for _, v := range st.Values {
				fuzzed.give(v.Secret)
			}
			fuzzed.give(st.Identity)
		}
	})
}

// fuzzed is the memory of FuzzReadStock: what a broken one had of it is not given back,
// as the process that reads one ends.
var fuzzed = &pages{}

func FuzzParseAddress(f *testing.F) {
	f.Add("12:345:/run/wg-run/12-345/socket")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			if a != (Address{}) {
				t.Fatalf("ParseAddress(%q) = %v, %v; want nothing", text, a, err)
			}
			return
		}
		if again, err := ParseAddress(a.String()); err != nil || again != a || a.PID() <= 0 {
			t.Fatalf("ParseAddress(%q) = %v, and of that %v, %v; want the same", text, a, again, err)
		}
	})
}
