package tomlfile

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

// Fields are the fields of a struct, given by a pointer, by their keys in TOML.
func Fields(row any) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	v := reflect.ValueOf(row).Elem()
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("toml"); key != "" && key != "-" {
			fields[key] = v.Field(i)
		}
	}
	return fields
}

// Fill puts a decoded table into a struct, key by key. The error names the key, the
// nearest known one where it is unknown, and no value.
func Fill(row any, table map[string]any) error {
	fields := Fields(row)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		field, ok := fields[key]
		if !ok {
			return unknownRowKey(key, slices.Sorted(maps.Keys(fields)))
		}
		if err := assign(field, table[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func unknownRowKey(key string, known []string) error {
	if near := names.Near(strings.ToLower(key), known); near != "" {
		return fmt.Errorf("unknown key %s (did you mean '%s'?)", names.Show(key), near)
	}
	return fmt.Errorf("unknown key %s (known: %s)", names.Show(key), strings.Join(known, ", "))
}

// assign puts a decoded value into a field of a row.
func assign(field reflect.Value, value any) error {
	switch field.Kind() {
	case reflect.String:
		return assignAs(field, value, "a text")
	case reflect.Bool:
		return assignAs(field, value, "true or false")
	case reflect.Int:
		n, ok := value.(int64)
		if !ok || n < 1 || n > 255 {
			return errors.New("an exit code is a number from 1 to 255")
		}
		field.SetInt(n)
		return nil
	case reflect.Map:
		return assignTable(field, value)
	}
	list, ok := value.([]any)
	if !ok {
		return errors.New("not a list")
	}
	field.Set(reflect.MakeSlice(field.Type(), len(list), len(list)))
	for i, v := range list {
		if err := assign(field.Index(i), v); err != nil {
			return err
		}
	}
	return nil
}

func assignTable(field reflect.Value, value any) error {
	table, ok := value.(map[string]any)
	if !ok {
		return errors.New("not a table")
	}
	field.Set(reflect.MakeMap(field.Type()))
	for name, v := range table {
		element := reflect.New(field.Type().Elem()).Elem()
		if err := assign(element, v); err != nil && element.Kind() == reflect.String {
			return errors.New("not a table of texts")
		} else if err != nil {
			return fmt.Errorf("a table of lists: %w", err)
		}
		field.SetMapIndex(reflect.ValueOf(name), element)
	}
	return nil
}

func assignAs(field reflect.Value, value any, what string) error {
	v := reflect.ValueOf(value)
	if !v.IsValid() || v.Type() != field.Type() {
		return errors.New("not " + what)
	}
	field.Set(v)
	return nil
}
