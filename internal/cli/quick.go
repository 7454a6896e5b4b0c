package cli

import (
	"reflect"
	"strings"
)

// quick reads a line of plain "--name value", "--name=value" and "--switch" into
// f and reports whether it could. Every other line is kong's to read, and every
// error kong's to find: building its grammar costs a fifth of a start. The names
// are those of the fields, so that there is one grammar; a test holds the two
// readings together.
func quick(f *runFlags, args []string) bool {
	fields := reflect.ValueOf(f).Elem()
	for i := 0; i < len(args); i++ {
		flag, ok := strings.CutPrefix(args[i], "--")
		name, value, has := strings.Cut(flag, "=")
		field := fieldOf(fields, name)
		if !ok || !field.IsValid() {
			return false
		}
		if field.Kind() == reflect.Bool {
			if has {
				return false
			}
			field.SetBool(true)
			continue
		}
		if !has && i+1 < len(args) {
			i++
			value = args[i]
		}
		if value == "" || !has && value[0] == '-' || !put(field, value) {
			return false
		}
	}
	return true
}

// put stores a value; a second one only where the flag may be repeated.
func put(field reflect.Value, value string) bool {
	switch {
	case field.Kind() == reflect.Slice:
		field.Set(reflect.Append(field, reflect.ValueOf(value)))
	case field.Kind() == reflect.String && field.Len() == 0:
		field.SetString(value)
	default:
		return false
	}
	return true
}

// fieldOf finds the field whose flag has that name: KeepEnv is keep-env.
func fieldOf(fields reflect.Value, name string) reflect.Value {
	for i := range fields.NumField() {
		if flagName(fields.Type().Field(i).Name) == name {
			return fields.Field(i)
		}
	}
	return reflect.Value{}
}

func flagName(field string) string {
	var b strings.Builder
	for i, r := range field {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
