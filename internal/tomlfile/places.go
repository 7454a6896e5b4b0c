package tomlfile

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const anyValue = `(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|true|false)`

// replacements are the texts with one "Old = value" turned into "New = Value". They
// are made one at a time: a file may have many places.
func (e Edit) replacements(text string) iter.Seq[string] {
	re := regexp.MustCompile(`(?m)(?:^|[\s{,.\x{feff}])(` + spelled(e.Old) + `)[ \t]*=[ \t]*(` + anyValue + `)`)
	return func(yield func(string) bool) {
		for at := 0; ; {
			m := re.FindStringSubmatchIndex(text[at:])
			if m == nil {
				return
			}
			for i := range m {
				m[i] += at
			}
			at = m[5]
			value := text[m[4]:m[5]]
			if was, ok := e.Was.(string); ok && value[1:len(value)-1] != was {
				continue
			}
			if !yield(text[:m[2]] + e.New + text[m[3]:m[4]] + literal(e.Value) + text[m[5]:]) {
				return
			}
		}
	}
}

// insertions are the texts with the key added: below the header of its table, in
// its inline table, beside its dotted keys, in a new table at the end.
func (e Edit) insertions(text string) iter.Seq[string] {
	var path, spellings []string
	for _, step := range e.Table {
		name, ok := step.(string)
		if !ok {
			return slices.Values[[]string](nil)
		}
		path, spellings = append(path, name), append(spellings, spelled(name))
	}
	table, re := strings.Join(path, "."), strings.Join(spellings, `[ \t]*\.[ \t]*`)
	line := e.New + " = " + literal(e.Value)
	end := "\n"
	if strings.Contains(text, "\r\n") {
		end = "\r\n"
	}
	if len(path) == 0 {
		return slices.Values([]string{line + end + text})
	}
	last := text // its header is the last line, or it has none
	if last != "" && !strings.HasSuffix(last, "\n") {
		last += end
	}
	blank := ""
	if last != "" {
		blank = end
	}
	return func(yield func(string) bool) {
		_ = insert(yield, text, `(?m)^[ \t\x{feff}]*\[[ \t]*`+re+`[ \t]*\][ \t]*(?:#[^\n]*)?\r?\n`, line+end, 1) &&
			insert(yield, text, `(?m)^[ \t\x{feff}]*`+re+`[ \t]*=[ \t]*\{`, " "+line+",", 1) &&
			insert(yield, text, `(?m)^[ \t]*`+re+`[ \t]*\.`, table+"."+line+end, 0) &&
			yield(last+line+end) && yield(last+blank+"["+table+"]"+end+line+end)
	}
}

// insert yields text with added behind (side 1) or before (side 0) each match.
func insert(yield func(string) bool, text, pattern, added string, side int) bool {
	for _, m := range regexp.MustCompile(pattern).FindAllStringIndex(text, most/4) {
		before, rest := text[:m[side]], text[m[side]:]
		put := added
		if strings.HasPrefix(strings.TrimLeft(rest, " \t"), "}") { // TOML 1.0 allows no comma at the end
			put = strings.TrimSuffix(added, ",") + " "
		}
		if !yield(before + put + rest) {
			return false
		}
	}
	return true
}

// spelled matches a key as TOML lets it be written.
func spelled(key string) string {
	key = regexp.QuoteMeta(key)
	return `(?:"` + key + `"|'` + key + `'|` + key + `)`
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}
