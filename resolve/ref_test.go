package resolve

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// bare are settings without a user's managers.
var bare = &Settings{}

func TestParseRef(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Ref
	}{
		{"keyring:openrouter", Ref{Scheme: "keyring", Path: "openrouter"}},
		{"plaintext:a.b-c_1", Ref{Scheme: "plaintext", Path: "a.b-c_1"}},
		{"plain:k", Ref{Scheme: "plaintext", Path: "k"}},
		{"keystore:k", Ref{Scheme: "keystore", Path: "k"}},
		{"auto:k", Ref{Scheme: "auto", Path: "k"}},
		{"op://dev/github/token", Ref{Scheme: "op", Path: "//dev/github/token"}},
		{"pass:dev/key", Ref{Scheme: "pass", Path: "dev/key"}},
		{"pass:dev/key#all", Ref{Scheme: "pass", Path: "dev/key#all"}},
		{"file:/run/secrets/key", Ref{Scheme: "file", Path: "/run/secrets/key"}},
		{"file:C:/key", Ref{Scheme: "file", Path: "C:/key"}},
		{"credential:key", Ref{Scheme: "credential", Path: "key"}},
		{"env:A_KEY", Ref{Scheme: "env", Path: "A_KEY"}},
		{"literal: a:b ", Ref{Scheme: "literal", Path: " a:b "}},
		// The pointer begins at the last "#/".
		{"file:x#/a/b", Ref{Scheme: "file", Path: "x", Pointer: "/a/b"}},
		{"file:a#/b#/c", Ref{Scheme: "file", Path: "a#/b", Pointer: "/c"}},
		{"file:x#/", Ref{Scheme: "file", Path: "x", Pointer: "/"}},
		{"file:x#a/b", Ref{Scheme: "file", Path: "x#a/b"}},
		{"file:x#", Ref{Scheme: "file", Path: "x#"}},
		{"keyring:k#/a", Ref{Scheme: "keyring", Path: "k", Pointer: "/a"}},
		{"pass:k#all#/a", Ref{Scheme: "pass", Path: "k#all", Pointer: "/a"}},
	} {
		if got, err := bare.ParseRef(c.in); err != nil || got != c.want {
			t.Errorf("ParseRef(%q) = %q %q %q, %v; want %q %q %q", c.in, got.Scheme, got.Path, got.Pointer, err, c.want.Scheme, c.want.Path, c.want.Pointer)
		}
	}
}

func TestParseRefRefused(t *testing.T) {
	for _, c := range []struct{ in, want, hint string }{
		{"", "it has no scheme", "wg-run secret set NAME"},
		{planted, "it has no scheme", "SCHEME:NAME"},
		{"keyrign:x", "unknown scheme", "did you mean keyring:"},
		{"Keyring:x", "unknown scheme", "did you mean keyring:"},
		{"https://x/" + planted, "unknown scheme", "known schemes: keyring, age, plaintext"},
		{planted + ":x", "unknown scheme", "known schemes"},
		{":x", "unknown scheme", ""},
		{"keyring:", "keyring: nothing follows the scheme", "keyring:NAME"},
		{"plain:", "plaintext: nothing follows the scheme", "plaintext:NAME"},
		{"auto:", "auto: nothing follows the scheme", "auto:NAME"},
		{"op://", "op: nothing follows the scheme", "op:…"},
		{"file:#/a", "file: nothing follows the scheme", "file:…"},
		{"literal:", "literal: nothing follows the scheme", "literal:…"},
		{"keyring:a b", "keyring: a name is 1 to 64", ""},
		{"keyring:a/" + planted, "keyring: a name is 1 to 64", ""},
		{"plain:../x", "plaintext: a name is 1 to 64", ""},
		{"keystore:../secrets.toml", "keystore: a name is 1 to 64", ""},
		{"auto:-x", "auto: a name is 1 to 64", ""},
		{"file:a\x00b", "file: it contains a NUL byte", ""},
		{"literal:" + planted + "\x00", "literal: it contains a NUL byte", ""},
	} {
		got, err := bare.ParseRef(c.in)
		if !errors.Is(err, ErrBadRef) || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("ParseRef(%q) = %v, %v, hint %q; want ErrBadRef: %s, hint %q", c.in, got, err, hint.Of(err), c.want, c.hint)
			continue
		}
		if holdsPart(err.Error()+hint.Of(err), planted) {
			t.Errorf("ParseRef(%q) = %v, hint %q; want nothing of the key in it", c.in, err, hint.Of(err))
		}
	}
}

func TestRefString(t *testing.T) {
	for in, want := range map[string]string{
		"keyring:openrouter": "keyring:openrouter", "plain:k": "plaintext:k", "op://a/b/c": "op://a/b/c", "file:x#/a": "file:x#/a",
		"literal:" + planted: "literal:[secret]", "literal:a#/b": "literal:[secret]",
		"bws:382580ab-1368-4e85-bfa3-b02e01400c9f": "bws:382580ab-1368-4e85-bfa3-b02e01400c9f", "bw:382580ab-1368-4e85-bfa3-b02e01400c9f#notes#/a": "bw:382580ab-1368-4e85-bfa3-b02e01400c9f#notes#/a",
		"keyring:382580ab-1368-4e85-bfa3-b02e01400c9f": "keyring:" + names.Hidden, "bws:382580ab13684e85bfa3b02e01400c9f": "bws:" + names.Hidden,
	} {
		ref, err := bare.ParseRef(in)
		if err != nil {
			t.Errorf("ParseRef(%q) = %v, want nil", in, err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, ref); got != want {
				t.Errorf("Sprintf(%s, ParseRef(%q)) = %q, want %q", verb, in, got, want)
			}
		}
	}
	for _, in := range []string{"keyring:" + planted, "env:sk_" + planted[9:], "pass:dev/" + planted, "op://v/" + planted + "/f", "file:/x/" + planted, "file:" + planted + "#/a"} {
		if ref, err := bare.ParseRef(in); err != nil || holdsPart(ref.String(), planted) {
			t.Errorf("ParseRef(%q) = %v, %v; want nothing of the key in it", in, ref, err)
		}
	}
}

func TestVariable(t *testing.T) {
	for _, c := range []struct {
		ref  Ref
		want string
	}{
		{Ref{Scheme: "env", Path: "A_KEY"}, "A_KEY"}, {Auto("p", "A_KEY"), "A_KEY"}, {Auto("p", ""), ""}, {Ref{Scheme: "file", Path: "A_KEY"}, ""},
	} {
		if got := c.ref.Variable(); got != c.want {
			t.Errorf("%v.Variable() = %q, want %q", c.ref, got, c.want)
		}
	}
}

// refusals are all texts that ParseRef can answer with: they come from inputs
// that hold no key, so a text that is not among them holds part of its input.
func refusals() map[string]bool {
	texts := map[string]bool{}
	add := func(in string) {
		_, err := bare.ParseRef(in)
		texts[fmt.Sprint(err)] = true
	}
	add("x")
	add("nosuch:x")
	add("./x")
	for _, scheme := range bare.Schemes() {
		add(scheme + ":")
		add(scheme + ":\x00")
		add(scheme + ":-")
		add(scheme + ":\x01")
		add(scheme + ":$ ")
	}
	return texts
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{
		"", ":", "keyring:k", "plain:k", "auto:k", "op://v/i/f", "pass:a#all", "file:~/x#/a/b", "env:A", "literal:" + planted,
		"literal:a#/b", planted, "https://x/" + planted, "keyring:" + planted, "file:\x00", "\xff:\xfe", "file:a#/b#/c",
	} {
		f.Add(s)
	}
	texts := refusals()
	f.Fuzz(func(t *testing.T, in string) {
		ref, err := bare.ParseRef(in)
		if err != nil {
			if !errors.Is(err, ErrBadRef) || !texts[err.Error()] {
				t.Errorf("ParseRef(%q) = %v, want an ErrBadRef that does not depend on the input", in, err)
			}
			return
		}
		if ref.Scheme == "literal" { // whether that is split is not said
			if ref.String() != "literal:[secret]" {
				t.Errorf("ParseRef(%q) = %v, want literal:[secret]", in, ref)
			}
			return
		}
		scheme, rest, _ := strings.Cut(in, ":")
		if scheme == "plain" {
			scheme = "plaintext"
		}
		again := ref.Path
		if ref.Pointer != "" {
			again += "#" + ref.Pointer
		}
		if ref.Scheme != scheme || again != rest || strings.Contains(ref.Pointer, "#/") || ref.Pointer == "" && strings.Contains(ref.Path, "#/") {
			t.Errorf("ParseRef(%q) = %q %q %q, want it split at the last #/", in, ref.Scheme, ref.Path, ref.Pointer)
		}
	})
}
