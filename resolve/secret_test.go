package resolve

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// planted is the value that must never show.
const planted = "sk-or-v1-0123456789abcdef"

// holdsPart reports whether text holds eight bytes in a row of value.
func holdsPart(text, value string) bool {
	for i := 0; i+8 <= len(value); i++ {
		if strings.Contains(text, value[i:i+8]) {
			return true
		}
	}
	return false
}

func TestSecretPrints(t *testing.T) {
	s := NewSecret([]byte(planted))
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "t", "e", "U", "c", "o", "b", "10s", "-30q", ".3s", "# x"} {
		if got := fmt.Sprintf("%"+verb, s); got != redacted {
			t.Errorf("Sprintf(%%%s, secret) = %q, want %q", verb, got, redacted)
		}
	}
	for call, got := range map[string]string{
		"Sprint": fmt.Sprint(s), "Sprintln": strings.TrimSpace(fmt.Sprintln(s)), "String": s.String(), "Errorf": fmt.Errorf("%w%v", nil, s).Error()[len("%!w(<nil>)"):],
	} {
		if got != redacted {
			t.Errorf("%s = %q, want %q", call, got, redacted)
		}
	}
}

func TestSecretInside(t *testing.T) {
	s := NewSecret([]byte(planted))
	for name, v := range map[string]any{
		"struct": struct{ S *Secret }{s}, "pointer": &struct{ S *Secret }{s}, "hidden field": struct{ s *Secret }{s},
		"map": map[string]*Secret{"k": s}, "key": map[*Secret]int{s: 1}, "slice": []*Secret{s}, "array": [1]*Secret{s},
		"any": []any{s}, "deep": map[string][]struct{ S any }{"k": {{s}}}, "double pointer": &s, "error": fmt.Errorf("resolving: %v", s),
		"joined": errors.Join(errors.New("x"), fmt.Errorf("%+v", s)),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			got := fmt.Sprintf(verb, v)
			if holdsPart(got, planted) || holdsPart(got, fmt.Sprintf("%x", planted)) || strings.Contains(got, fmt.Sprint([]byte(planted))) {
				t.Errorf("Sprintf(%s, %s) = %q, want nothing of the value", verb, name, got)
			}
		}
	}
}

func TestSecretEncoded(t *testing.T) {
	s := NewSecret([]byte(planted))
	in := struct {
		S *Secret            `json:"s" toml:"s"`
		M map[string]*Secret `json:"m" toml:"m"`
	}{s, map[string]*Secret{"k": s}}
	var out bytes.Buffer
	for call, encode := range map[string]func() error{
		"json":      func() error { return json.NewEncoder(&out).Encode(in) },
		"json key":  func() error { return json.NewEncoder(&out).Encode(map[*Secret]int{s: 1}) },
		"toml":      func() error { return toml.NewEncoder(&out).Encode(in) },
		"xml":       func() error { return xml.NewEncoder(&out).Encode(s) },
		"slog text": func() error { slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", s, "in", in.M); return nil },
		"slog json": func() error { slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", s, "in", in); return nil },
		"log":       func() error { log.New(&out, "", 0).Print(s, in.M); return nil },
		"panic": func() (err error) {
			defer func() { fmt.Fprint(&out, recover()) }()
			panic(fmt.Sprint(s))
		},
	} {
		out.Reset()
		err := encode()
		if err != nil || holdsPart(out.String(), planted) || !strings.Contains(out.String(), redacted) {
			t.Errorf("%s: %q, %v; want %s in it and nothing of the value", call, out.String(), err, redacted)
		}
	}
}

func TestWipe(t *testing.T) {
	b := make([]byte, 0, 64)
	b = append(b, planted...)
	grown := b[:cap(b)]
	copy(grown[40:], planted) // what lies behind the length belongs to it too
	s := NewSecret(b)
	for range 2 {
		s.Wipe()
		if !bytes.Equal(grown, make([]byte, 64)) {
			t.Errorf("Wipe: the memory holds %q, want zeros", grown)
		}
		if s.Len() != 0 || len(s.Bytes()) != 0 {
			t.Errorf("Wipe: then %d bytes, want none", s.Len())
		}
	}
	var none *Secret
	none.Wipe()
	NewSecret(nil).Wipe()
}

func TestTrimNewline(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "a\n": "a", "a\r\n": "a", "\n": "", "\r\n": "", "a\r": "a\r", "a\n\n": "a\n\n", "a\r\n\r\n": "a\r\n\r\n",
		"a\nb": "a\nb", "a\nb\n": "a\nb\n", "\na\n": "\na\n", " a \n": " a ", "a\r\r\n": "a\r", "a\x00\n": "a\x00", "\n\r\n": "\n\r\n",
	} {
		if got := TrimNewline([]byte(in)); string(got) != want {
			t.Errorf("TrimNewline(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Outcome
	}{
		{nil, Found}, {ErrNotFound, NotFound}, {fmt.Errorf("x: %w", ErrNotFound), NotFound}, {nowhere("x"), NotFound},
		{fmt.Errorf("x: %w", ErrUnavailable), Unavailable}, {ErrLocked, Failed}, {ErrTimeout, Failed}, {ErrEmpty, Failed},
		{ErrTooBig, Failed}, {ErrNotAllowed, Failed}, {ErrBadRef, Failed}, {errNoField, Failed}, {errors.New("x"), Failed},
	} {
		if got := OutcomeOf(c.err); got != c.want {
			t.Errorf("OutcomeOf(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}
