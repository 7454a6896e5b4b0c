package tomlfile

import (
	"errors"
	"fmt"
	"math"
	"reflect"
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
		if _, err := Decode([]byte(text), &got); err == nil && reflect.DeepEqual(settled(got), settled(want)) {
			return []byte(text), nil
		}
	}
	return nil, fmt.Errorf("key '%s': %w", e.New, ErrNotByLine)
}

// settled is a decoded value in which a number that is none equals another.
func settled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = settled(v[key])
		}
	case []map[string]any:
		for i := range v {
			settled(v[i])
		}
	case []any:
		for i := range v {
			v[i] = settled(v[i])
		}
	case float64:
		if math.IsNaN(v) {
			return notANumber{}
		}
	}
	return v
}

type notANumber struct{}

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
