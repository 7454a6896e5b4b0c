//go:build unix

package profiles

import (
	"reflect"
	"strings"
	"testing"
)

// pasted is a key that stands where none belongs: no error repeats it.
const pasted = "sk-or-v1-0123456789abcdef0123456789abcdef"

func quotes(t *testing.T, what string, data []byte, err error) {
	if err != nil && strings.Contains(err.Error(), pasted) {
		t.Errorf("%s(%q) = %q, want the key not repeated", what, data, err)
	}
}

// What was read as a profile is what a broker hands on.
func FuzzParseProfile(f *testing.F) {
	for _, text := range []string{
		"", "api_key_ref = \"keyring:k\"\nvia = \"pipe\"\nallow = [\"a\", \"/b\"]\n[secrets.github]\nref = \"op://a/b/c\"\n[env]\nX = \"{fd}\"\n",
		"api_key_ref = \"" + pasted + "\"\n", "api_key_ref = " + pasted, "[" + pasted + "]\n", pasted + " = 1\n", "[secrets." + pasted + "]\n", "[env]\n" + pasted + " = 2\n",
		"[[llm_endpoints.endpoints]]\nis_default = true\napi_key_env = \"K\"\n", "[llm_endpoints]\nendpoints = " + pasted + "\n", "via = [\"" + pasted + "\"]\n", "keep_env = \"" + pasted + "\"\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProfile("p", data)
		quotes(t, "parseProfile", data, err)
		if err != nil {
			return
		}
		var again Profile
		if err := again.unpack(&packing{b: p.pack()}); err != nil || !reflect.DeepEqual(emptied(*p), emptied(again)) {
			t.Errorf("parseProfile(%q) = %+v, and handed on %+v, %v", data, *p, again, err)
		}
	})
}

// emptied has no list that is empty and not nil.
func emptied(p Profile) Profile {
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	return p
}

func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"", "[secrets]\ndefault_backend = \"age\"\nallow_plaintext = true\ntimeout = \"20s\"\n[audit]\nenabled = true\n", "[managers.corp]\nget = [\"corp\", \"{path}\"]\n",
		"[clients.mine]\nlike = \"borg\"\n", "[secrets]\ntimeout = \"" + pasted + "\"\n", "[secrets]\n" + pasted + " = 1\n", "[audit]\nenabled = \"" + pasted + "\"\n", "default_backend = \"" + pasted + "\"\n",
		"[managers]\n" + pasted + " = 1\n", "[manager.x]\nget = \"" + pasted + "\"\n", "[other]\nkey = \"" + pasted + "\"\n", "[secrets]\ndefault_backend = [\"" + pasted,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Config{DefaultBackend: "keyring"}
		err := c.decode(data)
		quotes(t, "decode", data, err)
		if err == nil && (c.Timeout < 0 || c.DefaultBackend == "") {
			t.Errorf("decode(%q) = %+v, want a time and a backend", data, c)
		}
	})
}
