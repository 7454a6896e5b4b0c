//go:build unix

package broker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/resolve"
)

// everyByte is a value of all byte values, and large the largest one.
var (
	everyByte = func() (b []byte) {
		for i := range 256 {
			b = append(b, byte(i))
		}
		return b
	}()
	large = bytes.Repeat(everyByte, resolve.MaxSecret/256)
)

// asWritten is the Parse of tests: a policy of nothing but what was read.
func asWritten(home string, files map[string][]byte) (*Policy, error) {
	return &Policy{Home: home, Files: files}, nil
}

func someOrder() *Order {
	return &Order{
		Policy: &Policy{Home: "/home/x/.wg", Files: map[string][]byte{
			"config.toml": everyByte, "active-profile": []byte("p\n"), "profiles/p.toml": {}, "profiles/large.toml": large,
		}},
		Dispatcher: 12345, TTL: 90 * time.Minute, Person: true,
	}
}

func someStock() *Stock {
	return &Stock{Identity: []byte("AGE-SECRET-KEY-1\x00\n"), Values: []Value{
		{Profile: "p", Name: "api_key", Secret: everyByte, Source: "keyring", Says: []string{"a line", "", "a\nsecond\x00one"}},
		{Profile: "p", Name: "large", Secret: large, Source: "age"},
		{Profile: "q", Name: "api_key", Secret: []byte{}, Says: []string{""}},
	}}
}

func TestOrder(t *testing.T) {
	for name, o := range map[string]*Order{
		"all of it": someOrder(), "nothing": {Policy: &Policy{Files: map[string][]byte{}}},
	} {
		var wire bytes.Buffer
		if err := o.write(&wire); err != nil {
			t.Fatal(err)
		}
		got, err := readOrder(&wire, asWritten)
		if err != nil {
			t.Fatalf("%s: readOrder() = %v", name, err)
		}
		if !reflect.DeepEqual(got, o) {
			t.Errorf("%s: readOrder() is not what was written: home %q, %d files", name, got.Policy.Home, len(got.Policy.Files))
		}
		if wire.Len() != 0 {
			t.Errorf("%s: %d bytes are left, want none", name, wire.Len())
		}
	}
}

func TestStock(t *testing.T) {
	for name, st := range map[string]*Stock{"all of it": someStock(), "nothing": {}, "an empty identity": {Identity: []byte{}}} {
		var wire bytes.Buffer
		if err := st.write(&wire); err != nil {
			t.Fatal(err)
		}
		got, err := readStock(&wire, &pages{})
		if err != nil || !reflect.DeepEqual(got, st) {
			t.Errorf("%s: readStock() is not what was written: %d values, identity %q, %v", name, len(got.Values), got.Identity, err)
		}
		if wire.Len() != 0 {
			t.Errorf("%s: %d bytes are left, want none", name, wire.Len())
		}
	}
}

func TestOrderRefused(t *testing.T) {
	parts := func(list ...any) []byte {
		return frames(append([]any{frameVersion, version}, append(list, frameEnd, "")...)...)
	}
	for name, in := range map[string][]byte{
		"a value":               parts(frameName, "n", frameValue, "x"),
		"numbers that are none": parts(frameOrder, "1 x true"),
		"two numbers":           parts(frameOrder, "1 2"),
		"a request's tag":       parts(frameVerb, "x"),
		"no end":                parts(frameHome, "/h")[:10],
	} {
		if o, err := readOrder(bytes.NewReader(in), asWritten); err == nil {
			t.Errorf("%s: readOrder() = %+v, want an error", name, o)
		}
	}
	for name, in := range map[string][]byte{
		"a value of nothing":  parts(frameValue, "x"),
		"a source of nothing": parts(frameSource, "x"),
		"a hint of no error":  parts(frameName, "n", frameHint, "x"),
		"an order's tag":      parts(frameHome, "x"),
		"no end":              parts(frameOf, "p")[:10],
	} {
		if st, err := readStock(bytes.NewReader(in), &pages{}); err == nil {
			t.Errorf("%s: readStock() = %+v, want an error", name, st)
		}
	}
	parse := func(string, map[string][]byte) (*Policy, error) { return nil, errors.New("no sense") }
	if _, err := readOrder(bytes.NewReader(parts()), parse); err == nil || err.Error() != "no sense" {
		t.Errorf("readOrder() of files without sense = %v, want the reason", err)
	}
}

func TestQuery(t *testing.T) {
	for _, q := range []*Query{
		{Home: "/h", Files: someOrder().Policy.Files, Programs: map[string]string{"op": "1:2:3:4 /bin/op with space", "pass": ""}, Profile: "p", Name: "n", Quiet: true},
		{Files: map[string][]byte{}, Programs: map[string]string{}, Person: true},
		{Files: map[string][]byte{}, Programs: map[string]string{}, Quiet: true, Person: true},
	} {
		var wire bytes.Buffer
		if err := q.write(&wire); err != nil {
			t.Fatal(err)
		}
		if got, err := readQuery(&wire); err != nil || !reflect.DeepEqual(got, q) {
			t.Errorf("readQuery() = %+v, %v; want %+v", got, err, q)
		}
	}
	if q, err := readQuery(strings.NewReader("wg-run broker lookup")); err == nil {
		t.Errorf("readQuery() of garbage = %+v, want an error", q)
	}
}

// failures are errors as backends give them.
var failures = []error{
	hint.Add(errors.New("denied"), "do this\nand that"), errors.Join(errors.New("it is so"), resolve.ErrLocked),
	resolve.ErrNotFound, hint.Add(resolve.ErrUnavailable, "install it"), errors.New(""),
}

// An error is the same one behind a socket.
func TestFailure(t *testing.T) {
	for _, err := range failures {
		var v Value
		r := &reader{r: bytes.NewReader(newMessage().failure(FailureOf(err)).end()), limit: maxRequest}
		if rerr := r.each(func(tag byte, text string) error { v.take(tag, text); return nil }, nil); rerr != nil {
			t.Fatal(rerr)
		}
		got := v.Err.Err()
		if got.Error() != err.Error() || hint.Of(got) != hint.Of(err) || resolve.OutcomeOf(got) != resolve.OutcomeOf(err) ||
			errors.Is(got, resolve.ErrLocked) != errors.Is(err, resolve.ErrLocked) {
			t.Errorf("%q comes as %q, hint %q, %v; want the same, %q, %v", err, got, hint.Of(got), resolve.OutcomeOf(got), hint.Of(err), resolve.OutcomeOf(err))
		}
	}
	if FailureOf(nil) != nil || (*Failure)(nil).Err() != nil {
		t.Error("no error comes as one")
	}
}

// answered is what Help writes for v, and what a broker reads of that.
func answered(t *testing.T, v Value) (Value, []byte) {
	t.Helper()
	var query, answer bytes.Buffer
	q := &Query{Name: "n"}
	if err := q.write(&query); err != nil {
		t.Fatal(err)
	}
	in, closed := io.Pipe()
	defer func() { _ = closed.Close() }()
	if err := Help(io.MultiReader(&query, in), &answer, func() {}, func(context.Context, *Query) Value { return v }); err != nil {
		t.Fatal(err)
	}
	if b, err := answer.ReadByte(); err != nil || b != closedMemory {
		t.Errorf("the first word is %q, %v; want that its memory is closed", b, err)
	}
	var secret []byte
	return readAnswer(&answer, func(n int) ([]byte, error) { secret = make([]byte, n); return secret, nil }), secret
}

func TestHelp(t *testing.T) {
	for _, want := range [][]byte{{}, everyByte, large} {
		got, secret := answered(t, Value{Secret: bytes.Clone(want), Source: "pass", Says: []string{"", "x"}})
		if got.Err != nil || got.Source != "pass" || len(got.Says) != 2 || !bytes.Equal(secret, want) {
			t.Errorf("an answer of %d bytes comes as %d, %+v; want it whole", len(want), len(secret), got)
		}
	}
	for _, err := range failures {
		if got, secret := answered(t, Value{Err: FailureOf(err)}); got.Err == nil || *got.Err != *FailureOf(err) || secret != nil {
			t.Errorf("%q comes as %+v with %q, want the same and no value", err, got.Err, secret)
		}
	}
	for name, in := range map[string][]byte{
		"nothing": nil, "garbage": []byte("panic: x"), "no value": newMessage().add(frameName, "n").end(),
		"two values": frames(frameVersion, version, frameValue, "x", frameValue, "y", frameEnd, ""),
		"half":       frames(frameVersion, version, frameValue, "xyz")[:12],
	} {
		if got := readAnswer(bytes.NewReader(in), func(n int) ([]byte, error) { return make([]byte, n), nil }); got.Err == nil || got.Err.Outcome != resolve.Failed {
			t.Errorf("an answer that is %s comes as %+v, want that it failed", name, got)
		}
	}
}
