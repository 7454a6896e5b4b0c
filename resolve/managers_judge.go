package resolve

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// judge refuses a row that could not work, or would mean something else than it says.
func (row *managerRow) judge() error {
	given := row.given()
	if len(row.Get) == 0 {
		return errors.New("get: the command that reads an entry is missing")
	}
	for _, c := range []struct {
		key  string
		argv []string
	}{{"get", row.Get}, {"check", row.Check}, {"sign_in", strings.Fields(row.SignIn)}, {"unlock", strings.Fields(row.Unlock)}} {
		if err := judgeArgv(c.key, c.argv, given); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(row.Get, func(a string) bool { return placeholder.MatchString(a) }) {
		return errors.New("get: no argument has a placeholder, such as {path}: each reference would give the same")
	}
	for key, field := range tomlfile.Fields(row) {
		texts, ok := field.Interface().([]string)
		if ok && key != "get" && key != "check" && slices.ContainsFunc(texts, func(t string) bool { return strings.TrimSpace(t) == "" }) {
			return fmt.Errorf("%s: an empty text would fit everything", key)
		}
	}
	return row.judgeRest(given)
}

func (row *managerRow) judgeRest(given []string) error {
	for _, name := range row.Files {
		if !slices.Contains(given, name) {
			return fmt.Errorf("files: no form gives %s", names.Show(name))
		}
	}
	for _, v := range row.Credentials {
		if !names.ValidVariable(strings.TrimSuffix(v, "*")) {
			return errors.New("credentials: not the name of a variable (not shown, it may be a key)")
		}
	}
	for text := range row.Says {
		if strings.TrimSpace(text) == "" {
			return errors.New("says: an empty text would fit everything")
		}
	}
	if row.Field != "" && row.Field[0] != '/' {
		return errors.New(`field: not a JSON pointer, which begins with "/"`)
	}
	return nil
}

// given are the placeholders that some form, or a default, has a value for.
func (row *managerRow) given() []string {
	given := slices.Collect(maps.Keys(row.Default))
	for _, form := range append(row.Form[:len(row.Form):len(row.Form)], "{path}") {
		for _, p := range placeholder.FindAllString(form, -1) {
			given = append(given, p[1:len(p)-1])
		}
	}
	return given
}

func judgeArgv(key string, argv, given []string) error {
	if len(argv) > 0 && (argv[0] == "" || placeholder.MatchString(argv[0])) {
		return fmt.Errorf("%s: the first text is not a program", key)
	}
	if key != "sign_in" && key != "unlock" && len(argv) > 0 && strings.Contains(argv[0], "/") && !filepath.IsAbs(argv[0]) {
		return fmt.Errorf("%s: the program has neither a whole path nor only a name", key)
	}
	for _, arg := range argv {
		for _, p := range placeholder.FindAllString(arg, -1) {
			if name := p[1 : len(p)-1]; key == "check" || !slices.Contains(given, name) {
				return fmt.Errorf("%s: no form gives %s", key, names.Show(p))
			}
		}
		if strings.ContainsRune(arg, 0) {
			return fmt.Errorf("%s: it contains a NUL byte", key)
		}
	}
	return nil
}
