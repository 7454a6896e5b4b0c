package resolve

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The document of RFC 6901, section 5, with what the pointers there name.
const rfc6901 = ` {
  "foo": ["bar", "baz"],
  "": 0,
  "a/b": 1,
  "c%d": 2,
  "e^f": 3,
  "g|h": 4,
  "i\\j": 5,
  "k\"l": 6,
  " ": 7,
  "m~n": 8
}
`

func TestPick(t *testing.T) {
	const more = ` {"s": "a\"\u00e9\n\ud83d\udd11", "n": -12.50e+3, "big": 12345678901234567890.10, "t": true, "f": false, "o": { "x" : [1 , 2] }, "empty": "",
		"~1": "tilde", "": {"": "deep"}, "dup": 1, "dup": 2, "array": [[10, {"k": "v"}]], "0": "zero"} `
	for _, c := range []struct{ doc, pointer, want string }{
		{rfc6901, "/foo", `["bar", "baz"]`},
		{rfc6901, "/foo/0", "bar"},
		{rfc6901, "/foo/1", "baz"},
		{rfc6901, "/", "0"},
		{rfc6901, "/a~1b", "1"},
		{rfc6901, "/c%d", "2"},
		{rfc6901, "/e^f", "3"},
		{rfc6901, "/g|h", "4"},
		{rfc6901, `/i\j`, "5"},
		{rfc6901, `/k"l`, "6"},
		{rfc6901, "/ ", "7"},
		{rfc6901, "/m~0n", "8"},
		{more, "/s", "a\"é\n🔑"},
		{more, "/n", "-12.50e+3"},
		{more, "/big", "12345678901234567890.10"},
		{more, "/t", "true"},
		{more, "/f", "false"},
		{more, "/o", `{ "x" : [1 , 2] }`},
		{more, "/o/x/1", "2"},
		{more, "/empty", ""},
		{more, "/~01", "tilde"},
		{more, "//", "deep"},
		{more, "/array/0/1/k", "v"},
		{more, "/0", "zero"},
		{more, "/dup", "2"},
		{`["a"]`, "/0", "a"},
	} {
		s := NewSecret([]byte(c.doc))
		whole := s.v.b
		if err := s.pick(c.pointer); err != nil || string(s.Bytes()) != c.want {
			t.Errorf("pick(%q) = %q, %v; want %q", c.pointer, s.Bytes(), err, c.want)
			continue
		}
		if !bytes.Equal(whole, make([]byte, len(whole))) {
			t.Errorf("pick(%q): the document's memory holds %.20q…, want zeros", c.pointer, whole)
		}
	}
}

func TestPickRefused(t *testing.T) {
	for _, c := range []struct{ doc, pointer, want string }{
		{rfc6901, "/nosuch", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/2", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/01", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/+1", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/-1", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/-", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/", "picking the field: the JSON value has no such field"},
		{rfc6901, "/foo/0/x", "picking the field: the JSON value has no such field"},
		{rfc6901, "/FOO", "picking the field: the JSON value has no such field"},
		{rfc6901, "/a~1b/x", "picking the field: the JSON value has no such field"},
		{`{"n": null}`, "/n", "picking the field: it is null"},
		{`{"n": null}`, "/n/x", "picking the field: the JSON value has no such field"},
		{planted, "/x", "picking the field: the value is not JSON"},
		{`{"k": "` + planted + `"`, "/k", "picking the field: the value is not JSON"},
		{`{"k": "` + planted + `"} x`, "/k", "picking the field: the value is not JSON"},
		{"", "/x", "picking the field: the value is not JSON"},
		{`"` + planted + `"`, "/x", "picking the field: the JSON value has no such field"},
		{strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "/0", "picking the field: the value is not JSON"},
	} {
		s := NewSecret([]byte(c.doc))
		if err := s.pick(c.pointer); fmt.Sprint(err) != c.want {
			t.Errorf("pick(%.40q, %q) = %v, want %s", c.doc, c.pointer, err, c.want)
		}
	}
}

// What JSON cannot hold is refused: a key that was silently altered is worse.
func TestPickAltersNothing(t *testing.T) {
	for _, doc := range []string{"{\"k\": \"key-\xff-end\"}", `{"k": "key-\ud800-end"}`} {
		s := NewSecret([]byte(doc))
		if err := s.pick("/k"); err == nil && strings.Contains(string(s.Bytes()), "\ufffd") {
			t.Errorf("pick(%q) = %q, nil; want an error or the bytes as they are", doc, s.Bytes())
		}
	}
}

// The texts of pick depend on nothing, least of all on the value.
func FuzzPick(f *testing.F) {
	for _, p := range []string{"/", "/foo", "/foo/0", "/a~1b", "/m~0n", "/~", "/~2", "//"} {
		f.Add([]byte(rfc6901), p)
	}
	f.Add([]byte(planted), "/x")
	f.Add([]byte(`{"n": null, "k": "\ud800"}`), "/n")
	f.Add([]byte("[[[[]]]]"), "/0/0/0/0")
	f.Fuzz(func(t *testing.T, doc []byte, pointer string) {
		if !strings.HasPrefix(pointer, "/") {
			t.Skip("ParseRef makes no such pointer")
		}
		s := NewSecret(bytes.Clone(doc))
		err := s.pick(pointer)
		if err == nil {
			return
		}
		head := "picking the field: "
		switch got := err.Error(); got {
		case head + "the value is not JSON", head + "it is null", head + errNoField.Error(),
			head + "the text is not valid Unicode, and would be altered":
		default:
			t.Errorf("pick(%q, %q) = %q, want a text without the value", doc, pointer, got)
		}
	})
}
