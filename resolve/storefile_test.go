package resolve

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

const pem = "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8\n-----END PRIVATE KEY-----\n"

// storeValues are values that are hard to write in TOML, and how they are to be
// written: unescaped where TOML allows.
var storeValues = map[string]struct{ value, written string }{
	"plain":            {"sk-or-v1", `"sk-or-v1"`},
	"quote":            {`a"b`, `'a"b'`},
	"single":           {"it's", `"it's"`},
	"both":             {`it's "x"`, "'''\nit's \"x\"'''"},
	"both.at.end":      {`"it's'`, `"\"it's'"`},
	"backslash":        {`a\n\u0041`, `'a\n\u0041'`},
	"backslash.single": {`a\'b`, "'''\na\\'b'''"},
	"three":            {`'''`, `"'''"`},
	"three.quoted":     {`"'''`, `"\"'''"`},
	"three.double":     {`"""`, `'"""'`},
	"tab":              {"a\tb", "\"a\tb\""},
	"newline":          {"a\n", "'''\na\n'''"},
	"newlines":         {"\n\n", "'''\n\n\n'''"},
	"leading":          {"\na", "'''\n\na'''"},
	"single.newline":   {"a\n'", `"a\u000a'"`},
	"crlf":             {"a\r\nb", `"a\u000d\u000ab"`},
	"cr":               {"\r", `"\u000d"`},
	"pem":              {pem, "'''\n" + pem + "'''"},
	"pem.crlf":         {strings.ReplaceAll(pem, "\n", "\r\n"), ""},
	"nul":              {"a\x00b", `"a\u0000b"`},
	"del":              {"\x7f", `"\u007f"`},
	"escape":           {"\x1b[31m", `"\u001b[31m"`},
	"unicode":          {"ünï☃🔑", `"ünï☃🔑"`},
	"nel":              {"\u0085\u2028\ufeff\ufffd", "\"\u0085\u2028\ufeff\ufffd\""},
	"comment":          {"# no comment", `"# no comment"`},
	"invalid":          {"\xff\xfe", `{ base64 = "//4=" }`},
	"invalid.long":     {strings.Repeat("\x00\x80\n\"'", 1000), ""},
	"surrogate":        {"\xed\xa0\x80", `{ base64 = "7aCA" }`},
	"looks.like":       {`{ base64 = "//4=" }`, `'{ base64 = "//4=" }'`},
	"empty":            {"", `""`},
	"0":                {"x", `"x"`},
	"a-b_c":            {"x", `"x"`},
}

func TestStoreRoundTrip(t *testing.T) {
	all := map[string][]byte{}
	for name, c := range storeValues {
		all[name] = []byte(c.value)
		one := map[string][]byte{name: []byte(c.value)}
		text, err := encodeStore(one)
		if err != nil {
			t.Errorf("encodeStore(%q) = %v, want nil", c.value, err)
			continue
		}
		key := name
		if strings.Contains(name, ".") {
			key = `"` + name + `"`
		}
		if want := key + " = " + c.written + "\n"; c.written != "" && !strings.HasSuffix(string(text), "[secrets]\n"+want) {
			t.Errorf("encodeStore(%q) = %q, want the line %q", c.value, text, want)
		}
		if got, err := decodeStore(text); err != nil || !maps.EqualFunc(got, one, bytes.Equal) {
			t.Errorf("decodeStore(encodeStore(%q)) = %q, %v; want it back", c.value, got, err)
		}
	}
	text, err := encodeStore(all)
	if err != nil {
		t.Fatalf("encodeStore(all) = %v, want nil", err)
	}
	if got, err := decodeStore(text); err != nil || !maps.EqualFunc(got, all, bytes.Equal) {
		t.Errorf("decodeStore(encodeStore(all)) = %q, %v; want all back", got, err)
	}
	if again, _ := encodeStore(all); !bytes.Equal(again, text) {
		t.Errorf("encodeStore twice: %q and %q, want the same", text, again)
	}
}

func TestStoreSorted(t *testing.T) {
	text, _ := encodeStore(map[string][]byte{"b": nil, "a.z": nil, "a": nil, "C": nil})
	var got []string
	for line := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(line, " = "); ok && name != "version" {
			got = append(got, name)
		}
	}
	if want := []string{"C", "a", `"a.z"`, "b"}; !slices.Equal(got, want) {
		t.Errorf("encodeStore: names %q, want %q", got, want)
	}
}

// Files that a person wrote.
func TestStoreByHand(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"basic":               {`k = "a\tb\u0041"`, "a\tbA"},
		"literal":             {`k = 'a\tb'`, `a\tb`},
		"multi-line basic":    {"k = \"\"\"\nfirst\nsecond \\\n   joined\"\"\"", "first\nsecond joined"},
		"multi-line literal":  {"k = '''\nfirst\nsecond\n'''", "first\nsecond\n"},
		"no newline first":    {"k = '''first'''", "first"},
		"base64":              {`k = { base64 = "AAEC/w==" }`, "\x00\x01\x02\xff"},
		"quoted name":         {`"k" = "x"`, "x"},
		"comment":             {"# note\nk = \"x\" # note", "x"},
		"table of base64":     {"[secrets.k]\nbase64 = \"eA==\"", "x"},
		"with CRLF":           {"k = \"x\"\r\n", "x"},
		"multi-line and CRLF": {"k = '''\r\na\r\nb'''\r\n", "a\r\nb"},
	} {
		got, err := decodeStore([]byte("version = 1\n[secrets]\n" + c.text))
		if err != nil || len(got) != 1 || string(got["k"]) != c.want && string(got["k"]) != strings.ReplaceAll(c.want, "\r\n", "\n") {
			t.Errorf("%s: decodeStore(%q) = %q, %v; want k = %q", name, c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"version = 1", "version = 1\n[secrets]", "version = 1\nsecrets = {}"} {
		if got, err := decodeStore([]byte(text)); err != nil || len(got) != 0 {
			t.Errorf("decodeStore(%q) = %q, %v; want nothing", text, got, err)
		}
	}
}

func TestStoreRefused(t *testing.T) {
	const table = "version = 1\n[secrets]\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "'version' is not 1"},
		"no version":        {"[secrets]\nk = \"" + planted + "\"", "'version' is not 1"},
		"version 2":         {"version = 2\n[secrets]\nk = \"" + planted + "\"", "'version' is not 1"},
		"version 0":         {"version = 0", "'version' is not 1"},
		"version as text":   {"version = \"1\"", "wrong type"},
		"version as float":  {"version = 1.0", "wrong type"},
		"top-level key":     {"version = 1\nk = \"" + planted + "\"\n[secrets]", "unknown key 'k'"},
		"near key":          {"version = 1\n[secret]\nk = \"" + planted + "\"", "unknown key 'secret' (did you mean 'secrets'?)"},
		"top-level paste":   {"version = 1\n" + planted + " = 1", "unknown key (not shown"},
		"number":            {table + "k = 12345678", "entry 'k': neither"},
		"list":              {table + "k = [\"" + planted + "\"]", "entry 'k': neither"},
		"date":              {table + "k = 2026-01-01", "entry 'k': neither"},
		"other table":       {table + "k = { text = \"" + planted + "\" }", "entry 'k': neither"},
		"base64 and more":   {table + "k = { base64 = \"eA==\", x = \"" + planted + "\" }", "entry 'k': neither"},
		"bad base64":        {table + "k = { base64 = \"" + planted + "!\" }", "entry 'k': neither"},
		"base64 as number":  {table + "k = { base64 = 12345678 }", "entry 'k': neither"},
		"empty table":       {table + "k = {}", "entry 'k': neither"},
		"bad name":          {table + "\"" + planted + "/\" = \"x\"", "a name is 1 to 64"},
		"empty name":        {table + "\"\" = \"x\"", ""},
		"dotted name":       {table + "a.b = \"" + planted + "\"", "entry 'a': neither"},
		"name like a key":   {table + planted + " = 1", "entry (not shown"},
		"duplicate":         {table + "k = \"" + planted + "\"\nk = \"" + planted + "\"", "not valid TOML"},
		"open string":       {table + "k = \"" + planted, "line 3: not valid TOML"},
		"not TOML":          {planted, "not valid TOML"},
		"not UTF-8":         {table + "k = \"" + planted + "\xff\"", "not valid TOML"},
		"secrets as text":   {"version = 1\nsecrets = \"" + planted + "\"", "wrong type"},
		"secrets as list":   {"version = 1\nsecrets = [\"" + planted + "\"]", "wrong type"},
		"secrets as tables": {"version = 1\n[[secrets]]\nk = \"" + planted + "\"", "wrong type"},
	} {
		got, err := decodeStore([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: decodeStore(%q) = %q, %v; want %s", name, c.text, got, err, c.want)
			continue
		}
		if holdsPart(err.Error(), planted) || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: decodeStore(%q) = %v, want nothing of the value in it", name, c.text, err)
		}
	}
}

// What is written reads back the same, whatever the bytes; a store with names
// that are not valid is not written.
func FuzzStore(f *testing.F) {
	for name, c := range storeValues {
		f.Add(name, []byte(c.value), []byte(c.written))
	}
	f.Add("bad/name", []byte("x"), []byte("y"))
	f.Fuzz(func(t *testing.T, name string, value, other []byte) {
		in := map[string][]byte{name: value, "other": other}
		text, err := encodeStore(in)
		if err != nil {
			if _, nerr := entryValue(name, ""); nerr == nil {
				t.Errorf("encodeStore(%q: %q, other: %q) = %v, want nil", name, value, other, err)
			}
			return
		}
		if got, err := decodeStore(text); err != nil || !maps.EqualFunc(got, in, bytes.Equal) {
			t.Errorf("decodeStore(encodeStore(%q)) = %q, %v; want the same", in, got, err)
		}
	})
}

// Whatever a file holds, reading it ends in entries or in an error.
func FuzzDecodeStore(f *testing.F) {
	f.Add([]byte("version = 1\n[secrets]\nk = \"x\""))
	f.Add([]byte("version = 1\nsecrets = 3"))
	f.Add([]byte("version = 1\n[secrets.k]\nbase64 = \"!\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decodeStore(data)
		if err != nil {
			return
		}
		text, err := encodeStore(entries)
		if err != nil {
			t.Errorf("encodeStore(decodeStore(%q)) = %v, want nil", data, err)
		}
		if again, err := decodeStore(text); err != nil || !maps.EqualFunc(again, entries, bytes.Equal) {
			t.Errorf("decodeStore(%q) = %q, written and read again %q, %v; want the same", data, entries, again, err)
		}
	})
}
