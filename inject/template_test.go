//go:build unix

package inject

import (
	"strings"
	"testing"
)

func testTemplates() templateSet {
	return templates([]Delivery{
		{Want: Want{Name: "api_key"}, Number: 3},
		{Want: Want{Name: "github"}, Number: 4},
		{Want: Want{Name: "a.b"}, Number: 12},
	})
}

func TestExpand(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"plain", "plain"},
		{"{fd}", "3"}, {"{path}", "/dev/fd/3"}, {"{api_key.fd}", "3"}, {"{api_key.path}", "/dev/fd/3"},
		{"{github.fd}", "4"}, {"{github.path}", "/dev/fd/4"}, {"{a.b.fd}", "12"}, {"{a.b.path}", "/dev/fd/12"},
		{"a{fd}b{path}c{github.fd}d", "a3b/dev/fd/3c4d"}, {"{fd}{fd}", "33"},
		{`{"fd": {fd}}`, `{"fd": 3}`}, {"{{fd}}", "{3}"}, {"${fd}", "$3"},
		// Braces around anything else stay.
		{"{", "{"}, {"}", "}"}, {"{}", "{}"}, {"{ fd }", "{ fd }"}, {"{fd", "{fd"}, {"fd}", "fd}"}, {"{FD}", "{FD}"},
		{"{HOME}", "{HOME}"}, {"${HOME}", "${HOME}"}, {"{.fd}", "{.fd}"}, {"{-x.fd}", "{-x.fd}"}, {"{github}", "{github}"},
		{"{github.fdx}", "{github.fdx}"}, {`{"a": {"b": 1}}`, `{"a": {"b": 1}}`}, {"{wg:fd}", "{wg:fd}"}, {"{a,b}", "{a,b}"},
	} {
		if got, err := testTemplates().expand(c.in, "{", "}"); got != c.want || err != nil {
			t.Errorf("expand(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestExpandArgument(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"{wg:fd}", "3"}, {"--fd={wg:fd}", "--fd=3"}, {"{wg:github.path}:{wg:path}", "/dev/fd/4:/dev/fd/3"}, {"{wg:a.b.fd}", "12"},
		{"{fd}", "{fd}"}, {"{path}", "{path}"}, {"{wg:", "{wg:"}, {"{wg:}", "{wg:}"}, {"{wg:fd", "{wg:fd"}, {"{wg}", "{wg}"}, {"{WG:fd}", "{WG:fd}"},
	} {
		if got, err := testTemplates().expand(c.in, "{wg:", "}"); got != c.want || err != nil {
			t.Errorf("expand(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

// What has our form and names no secret is a mistake, not text.
func TestExpandUnknown(t *testing.T) {
	const pasted = "sk-or-v1-0a1b2c3d4e5f60718293"
	for _, c := range []struct{ open, in, want string }{
		{"{", "{nosuch.fd}", "{nosuch.fd} names no secret of this run"},
		{"{", "{no.such.fd}", "{no.such.fd} names no secret of this run"},
		{"{", "x{fd}{nosuch.path}", "{nosuch.path} names no secret of this run"},
		{"{", "{" + pasted + ".fd}", "{…} names no secret of this run"},
		{"{wg:", "{wg:nosuch.fd}", "{wg:nosuch.fd} names no secret of this run"},
		{"{wg:", "{wg:FD}", "{wg:FD} names no secret of this run"},
		{"{wg:", "{wg:" + pasted + "}", "{wg:…} names no secret of this run"},
	} {
		got, err := testTemplates().expand(c.in, c.open, "}")
		if got != "" || err == nil || err.Error() != c.want {
			t.Errorf("expand(%q) = %q, %v, want error %q", c.in, got, err, c.want)
		}
	}
	// Without a main secret, {fd} names none.
	further := templates([]Delivery{{Want: Want{Name: "github"}, Number: 3}})
	for _, in := range []string{"{fd}", "{path}", "{api_key.fd}"} {
		if got, err := further.expand(in, "{", "}"); got != "" || err == nil {
			t.Errorf("expand(%q) without a main secret = %q, %v, want an error", in, got, err)
		}
	}
}

// Text without our braces comes back as it is; what is replaced adds no braces.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{
		"", "{", "}", "{}", "{fd}", "{path}", "{wg:fd}", "{wg:", "{wg:}", "{{fd}}", "{github.fd}", "{nosuch.fd}", "{fd{fd}}",
		"{wg:{wg:fd}}", "{\x00}", "\xff{fd}\xff", "{" + strings.Repeat("a", 200) + ".fd}", "${HOME} {fd", `{"a": {fd}}`,
	} {
		f.Add(s)
	}
	ours := []string{"{fd}", "{path}", ".fd}", ".path}"}
	f.Fuzz(func(t *testing.T, s string) {
		for _, open := range []string{"{", "{wg:"} {
			got, err := testTemplates().expand(s, open, "}")
			has := open != "{" && strings.Contains(s, open)
			for _, part := range ours {
				has = has || open == "{" && strings.Contains(s, part)
			}
			switch {
			case !has && (err != nil || got != s):
				t.Errorf("expand(%q, %q) = %q, %v, want it unchanged", s, open, got, err)
			case err != nil && got != "":
				t.Errorf("expand(%q, %q) = %q, %v, want nothing with the error", s, open, got, err)
			case err == nil && strings.Count(got, "{") > strings.Count(s, "{"):
				t.Errorf("expand(%q, %q) = %q, want no new brace", s, open, got)
			}
		}
	})
}
