package tomlfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// Each of these kept the library busy for seconds or minutes.
func TestTooDeep(t *testing.T) {
	dots := strings.Repeat(".a", 100000)
	for name, text := range map[string]string{
		"a key":                    "a" + dots + " = 1",
		"behind a quoted part":     `"a"` + dots + ` = "b"`,
		"quoted parts":             strings.Repeat(`"a".`, 1000) + `a = 1`,
		"literal parts":            strings.Repeat(`'a' . `, 1000) + `a = 1`,
		"in an inline table":       `x = { "a"` + dots + ` = 1 }`,
		"the second of the table":  `x = { y = 1.5, "a"` + dots + ` = 1 }`,
		"in a list":                `x = [ 1, { a` + dots + ` = 1 } ]`,
		"a header":                 `["a"` + dots + `]`,
		"a header of a list":       `[["a"` + dots + `]]`,
		"below a string":           "s = \"\"\"\n\"\"\"\n\"a\"" + dots + " = 1",
		"behind a string's quotes": "s = \"\"\"x\"\"\"\"\"\n\"a\"" + dots + " = 1",
		"behind an open quote":     "# it's\n\"a\"" + dots + " = 1",
		"long keys":                "[\"" + strings.Repeat("x", 1100) + "\"]\n",
		"lists":                    "x = " + strings.Repeat("[", 2400),
		"inline tables":            strings.Repeat("x = "+strings.Repeat("{a=", 2400)+"1"+strings.Repeat("}", 2400)+"\n", 20),
		"tables of dotted keys":    "x = " + strings.Repeat("{a.a.a.a.a=", 50) + "1" + strings.Repeat("}", 50),
		"tables behind others":     "x = " + strings.Repeat("[1, {a=1, b=", 60) + "1" + strings.Repeat("}]", 60),
	} {
		start := time.Now()
		var v map[string]any
		_, err := Decode([]byte(text), &v)
		if took := time.Since(start); !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), "nested too deeply") || took > time.Second {
			t.Errorf("Decode(%s, %d bytes) = %v after %v, want a refusal at once", name, len(text), err, took)
		}
	}
}

// What stands in strings and comments has no depth, and neighbours add none.
func TestNotTooDeep(t *testing.T) {
	noise := strings.Repeat("a.b[{=#.", 5000)
	for name, text := range map[string]string{
		"basic":               `k = "` + noise + `\"` + noise + `\\"`,
		"literal":             `k = '` + noise + `"\'`,
		"long":                "k = \"\"\"\n" + noise + "\n" + noise + "\\\"\"\"\\\"" + noise + "\"\"\"\"\"",
		"long literal":        "k = '''\n" + noise + "\n''" + noise + "\\'''''",
		"empty ones":          "k = \"\"\nl = ''\nm = \"\"\"\"\"\"\nn = ''''''\n" + `"" = "` + noise + `"`,
		"a quoted key":        `"` + noise[:200] + `" = 1`,
		"a comment":           "# it's \"\n#" + noise + "\nk = 1 # '\n#" + noise,
		"a comment in a list": "k = [ # ]" + noise + "\n 1, # \"\n 2 ]",
		"numbers":             "k = [" + strings.Repeat("1.5, 2.5,\n", 5000) + "]",
		"many lines":          "\n[a.b]\nc = 1.5" + strings.Repeat("\n[[l.m]]\nx.y = { a.b = 1.5, c.d = [ 2.5 ] }", 3000),
		"fifty tables":        "x = " + strings.Repeat("{a=", 50) + "1" + strings.Repeat("}", 50),
		"fifty lists":         "x = " + strings.Repeat("[", 50) + strings.Repeat("]", 50),
		"a path of fifty":     "a" + strings.Repeat(".a", 50) + " = 1.5",
		"CRLF":                "a.b = 1\r\n" + strings.Repeat("# .\r\n", 5000),
	} {
		var v map[string]any
		if _, err := toml.Decode(text, &v); err != nil {
			t.Fatalf("%s is no TOML: %.200s", name, err.Error())
		}
		if _, err := Decode([]byte(text), &v); err != nil {
			t.Errorf("Decode(%s, %d bytes) = %v, want nil", name, len(text), err)
		}
	}
}

// FuzzTooDeep: what is let through decodes soon, and what the library decodes without
// being deep is let through.
func FuzzTooDeep(f *testing.F) {
	for _, s := range []string{"a.\"b\".'c' = 1.5 # x", "[[a.b]]\nc = {d = [1, '''x''''', \"\"\"\\\"\"\"\"\"]}", "a = '.'\n'' = \"\\\\\"", "\"\"\"a\"\"\" = 1", "a = [\n{b.c = 1,\n}, # ]\n]"} {
		f.Add(s, 1)
		f.Add(s, 300)
	}
	f.Fuzz(func(t *testing.T, text string, times int) {
		text = strings.Repeat(text, max(1, min(times, 200_000/max(1, len(text)))))
		deep := tooDeep([]byte(text))
		if deep && len(text) > 4096 {
			return // the library may need minutes
		}
		start := time.Now()
		var v map[string]any
		_, err := toml.Decode(text, &v)
		if took := time.Since(start); !deep && took > 3*time.Second {
			t.Errorf("%d bytes that are let through took %v: %.200q", len(text), took, text)
		}
		if d := depth(v); err == nil && deep && d <= deepest/2 && strings.Count(text, ".") <= deepest/2 && len(text) <= longest {
			t.Errorf("refused, and it is %d deep: %.200q", d, text)
		}
	})
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			deepest = max(deepest, 1+depth(inner))
		}
	case []map[string]any:
		for _, inner := range v {
			deepest = max(deepest, 1+depth(inner))
		}
	case []any:
		for _, inner := range v {
			deepest = max(deepest, 1+depth(inner))
		}
	}
	return deepest
}

func BenchmarkTooDeep(b *testing.B) {
	var text strings.Builder
	for i := 0; text.Len() < 4096; i++ {
		fmt.Fprintf(&text, "[[llm_endpoints.endpoints]]\nname = \"openrouter%d\"\napi_key_ref = 'keyring:a.b' # why\n", i)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if tooDeep(data) {
			b.Fatal("too deep")
		}
	}
}
