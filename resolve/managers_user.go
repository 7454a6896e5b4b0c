package resolve

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

// isManagerName judges what a user may call a manager: it becomes a scheme.
func isManagerName(name string) bool {
	const first, rest = "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz0123456789-"
	return name != "" && len(name) <= 32 && strings.Contains(first, name[:1]) && strings.Trim(name, rest) == ""
}

// notManagers are the names beside THE LIST that mean something else.
var notManagers = []string{"auto", "plain"}

// UserManagers makes backends of the table [managers] of config.toml, as it was
// decoded, sorted by name. The error names the row and the key, and no value.
func UserManagers(raw map[string]any) ([]Backend, error) {
	var list []Backend
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		row, err := userRow(name, raw[name])
		if err != nil {
			return nil, fmt.Errorf("[managers.%s]: %w", names.Or(name, "…"), err)
		}
		b := rowBackend(name, func() (*managerRow, error) { return row, nil })
		b.Help, b.Credentials = row.Title+" ([managers."+name+"] of config.toml)", row.Credentials
		list = append(list, b)
	}
	return list, nil
}

func userRow(name string, raw any) (*managerRow, error) {
	if !isManagerName(name) || names.LooksSecret(name) {
		return nil, errors.New("the name is not of small letters, digits and dashes, a letter first, 32 at most")
	}
	if slices.Contains(append((&Settings{}).Schemes(), notManagers...), name) {
		return nil, errors.New("the name is taken by a backend of wg-run's own: choose another")
	}
	table, ok := raw.(map[string]any)
	if !ok {
		return nil, errors.New("not a table")
	}
	row := &managerRow{Title: name}
	fields := fieldsOf(row)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		field, ok := fields[key]
		if !ok {
			return nil, unknownRowKey(key, slices.Sorted(maps.Keys(fields)))
		}
		if err := assign(field, table[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return row, row.judge()
}

// fieldsOf are the fields of a row by their keys.
func fieldsOf(row *managerRow) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	v := reflect.ValueOf(row).Elem()
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("toml")] = v.Field(i)
	}
	return fields
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
		table, ok := value.(map[string]any)
		if !ok {
			return errors.New("not a table")
		}
		field.Set(reflect.MakeMap(field.Type()))
		for name, v := range table {
			text, ok := v.(string)
			if !ok {
				return errors.New("not a table of texts")
			}
			field.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(text))
		}
		return nil
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

func assignAs(field reflect.Value, value any, what string) error {
	v := reflect.ValueOf(value)
	if !v.IsValid() || v.Type() != field.Type() {
		return errors.New("not " + what)
	}
	field.Set(v)
	return nil
}
