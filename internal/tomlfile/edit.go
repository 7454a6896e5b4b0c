package tomlfile

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNotByLine: the key cannot be changed without changing something else.
var ErrNotByLine = errors.New("it cannot be changed by line without changing something else")

// Edit is the change of one key.
type Edit struct {
	// Table is where the key stands: names of tables (string) and the numbers of
	// elements of lists of tables (int), from the top of the file.
	Table []any
	// Old is the key's name, and New what it is called then. Where there is no Old
	// the key is added, if need be with its table.
	Old, New string
	// Was, where it is not nil, is what the key must hold before.
	Was any
	// Value is a string or a bool.
	Value any
}

// most bounds the places that are tried for one key: each costs a decoding.
const most = 100

// Apply returns data with one key changed. Comments, order and everything else stay
// as they are: each place where the key may stand is tried, and the one is taken
// after which the file decodes to what it was but for that key. Where it is changed
// already, data is returned. The error wraps ErrNotByLine where there is no place.
func Apply(data []byte, e Edit) ([]byte, error) {
	var want map[string]any
	if _, err := Decode(data, &want); err != nil {
		return nil, err
	}
	there, done, err := e.change(want)
	if err != nil || done {
		return data, err
	}
	candidates := e.insertions
	if there {
		candidates = e.replacements
	}
	tried := 0
	for text := range candidates(string(data)) {
		var got map[string]any
		if tried++; tried > most {
			break
		}
		if _, err := Decode([]byte(text), &got); err == nil && reflect.DeepEqual(got, want) {
			return []byte(text), nil
		}
	}
	return nil, fmt.Errorf("key '%s': %w", e.New, ErrNotByLine)
}

// change makes the change in a decoded file. It reports whether the key was there,
// and whether all is as it should be.
func (e Edit) change(root map[string]any) (there, done bool, err error) {
	if root == nil {
		return false, false, nil
	}
	table, err := e.find(root)
	if err != nil {
		return false, false, err
	}
	was, there := table[e.Old]
	now, taken := table[e.New]
	switch {
	case taken && now == e.Value && (e.New == e.Old || !there):
		return there, true, nil
	case e.Was != nil && was != e.Was:
		return there, false, fmt.Errorf("key '%s' is not what it was: %w", e.Old, ErrNotByLine)
	case taken && e.New != e.Old:
		return there, false, fmt.Errorf("key '%s' is there already: %w", e.New, ErrNotByLine)
	}
	delete(table, e.Old)
	table[e.New] = e.Value
	return there, false, nil
}

// find walks to the table; tables that are not there are made.
func (e Edit) find(at map[string]any) (map[string]any, error) {
	var list []any
	for _, step := range e.Table {
		var next any
		switch step := step.(type) {
		case string:
			if _, ok := at[step]; !ok {
				at[step] = map[string]any{}
			}
			next = at[step]
		case int:
			if step < len(list) {
				next = list[step]
			}
		}
		at, list = nil, nil
		switch next := next.(type) {
		case map[string]any:
			at = next
		case []map[string]any:
			for _, t := range next {
				list = append(list, t)
			}
		case []any:
			list = next
		}
		if at == nil && list == nil {
			return nil, fmt.Errorf("its table is not there: %w", ErrNotByLine)
		}
	}
	if at == nil {
		return nil, fmt.Errorf("its table is a list: %w", ErrNotByLine)
	}
	return at, nil
}

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
		if !yield(text[:m[side]] + added + text[m[side]:]) {
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
