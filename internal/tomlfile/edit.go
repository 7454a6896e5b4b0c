package tomlfile

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
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

// most bounds the places that are tried in one file.
const most = 1000

// Apply returns data with one key changed. Comments, order and everything else stay
// as they are: each place where the key may stand is tried, and the one is taken
// after which the file decodes to what it was but for that key. The error wraps
// ErrNotByLine where there is none.
func Apply(data []byte, e Edit) ([]byte, error) {
	var want map[string]any
	if _, err := Decode(data, &want); err != nil {
		return nil, err
	}
	there, err := e.change(want)
	if err != nil {
		return nil, err
	}
	candidates := e.insertions
	if there {
		candidates = e.replacements
	}
	for i, text := range candidates(string(data)) {
		var got map[string]any
		if i == most {
			break
		}
		if _, err := Decode([]byte(text), &got); err == nil && reflect.DeepEqual(got, want) {
			return []byte(text), nil
		}
	}
	return nil, fmt.Errorf("key '%s': %w", e.New, ErrNotByLine)
}

// change makes the change in a decoded file and reports whether the key was there.
func (e Edit) change(root map[string]any) (there bool, err error) {
	if root == nil {
		return false, nil
	}
	table, err := e.find(root)
	if err != nil {
		return false, err
	}
	was, there := table[e.Old]
	if e.Was != nil && was != e.Was {
		return false, fmt.Errorf("key '%s' is not what it was: %w", e.Old, ErrNotByLine)
	}
	if _, taken := table[e.New]; taken && e.New != e.Old {
		return false, fmt.Errorf("key '%s' is there already: %w", e.New, ErrNotByLine)
	}
	delete(table, e.Old)
	table[e.New] = e.Value
	return there, nil
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

// replacements are the texts with one "Old = value" turned into "New = Value".
func (e Edit) replacements(text string) []string {
	key := spelled(e.Old)
	re := regexp.MustCompile(`(?m)(?:^|[\s{,.\x{feff}])(` + key + `)[ \t]*=[ \t]*(` + anyValue + `)`)
	var list []string
	for _, m := range re.FindAllStringSubmatchIndex(text, most) {
		list = append(list, text[:m[2]]+e.New+text[m[3]:m[4]]+literal(e.Value)+text[m[5]:])
	}
	return list
}

// insertions are the texts with the key added: below the header of its table, in
// its inline table, beside its dotted keys, in a new table at the end.
func (e Edit) insertions(text string) []string {
	var path, spellings []string
	for _, step := range e.Table {
		name, ok := step.(string)
		if !ok {
			return nil
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
		return []string{line + end + text}
	}
	var list []string
	insert := func(pattern, added string, before int) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringIndex(text, most) {
			list = append(list, text[:m[1-before]]+added+text[m[1-before]:])
		}
	}
	insert(`(?m)^[ \t\x{feff}]*\[[ \t]*`+re+`[ \t]*\][ \t]*(?:#[^\n]*)?\r?\n`, line+end, 0)
	insert(`(?m)^[ \t\x{feff}]*`+re+`[ \t]*=[ \t]*\{`, " "+line+",", 0)
	insert(`(?m)`+re+`[ \t]*\.`, table+"."+line+end, 1)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += end
	}
	list = append(list, text+line+end) // its header is the last line
	if text != "" {
		text += end
	}
	return append(list, text+"["+table+"]"+end+line+end)
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
