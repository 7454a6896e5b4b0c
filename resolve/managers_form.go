package resolve

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// wholeSuffix asks a first_line manager for the entire entry.
const wholeSuffix = "#all"

// placeholder is {name} in a row.
var placeholder = regexp.MustCompile(`\{[a-z][a-z0-9_]*\}`)

// values takes a path apart by the first form that fits, and adds what the row gives.
// {path} is the whole path where no form says otherwise.
func (row *managerRow) values(scheme, path string) (map[string]string, error) {
	if row.FirstLine {
		path = strings.TrimSuffix(path, wholeSuffix)
	}
	if path == "" || path[0] == '-' {
		return nil, fmt.Errorf("a path of %s is not empty and does not begin with a dash", row.Title)
	}
	values, ok := row.parts(path)
	if !ok {
		return nil, errors.New("it has the form " + row.forms(scheme))
	}
	if err := row.refused(values); err != nil {
		return nil, err
	}
	for name, value := range row.Default {
		if _, given := values[name]; !given {
			values[name] = value
		}
	}
	for _, name := range row.Files {
		value, given := values[name]
		if !given {
			continue
		}
		var err error
		if values[name], err = homePath(value); err != nil {
			return nil, err
		}
	}
	for _, arg := range row.Get {
		// Where the argument begins with what the path says, a dash there would be a flag.
		if strings.HasPrefix(arg, "{") && strings.HasPrefix(strings.Join(fill([]string{arg}, values), ""), "-") {
			return nil, fmt.Errorf("no part of a path of %s begins with a dash", row.Title)
		}
	}
	return values, nil
}

// refused looks for parts that the program would not take for a name.
func (row *managerRow) refused(values map[string]string) error {
	for _, value := range values {
		for _, never := range row.Never {
			if strings.HasPrefix(value, never) {
				return fmt.Errorf("no part of a path of %s begins with '%s'", row.Title, never)
			}
		}
	}
	return nil
}

func (row *managerRow) parts(path string) (map[string]string, bool) {
	if len(row.Form) == 0 {
		return map[string]string{"path": path}, true
	}
	for _, form := range row.Form {
		values := map[string]string{"path": path}
		if apart(form, path, values) && (form == row.Form[0] || !row.gap(values)) {
			return values, true
		}
	}
	return nil, false
}

// gap reports whether a part has nothing between two slashes: then it is meant for a
// form with more parts, one of which is empty. A part that is a file may have that.
func (row *managerRow) gap(values map[string]string) bool {
	if !strings.Contains(row.Form[0], "}/{") {
		return false
	}
	for name, value := range values {
		if name != "path" && !slices.Contains(row.Files, name) && strings.Contains("/"+value+"/", "//") {
			return true
		}
	}
	return false
}

// apart matches text against a form: '/' where it stands first, '#' where it stands
// last, and nothing empty between them.
func apart(form, text string, values map[string]string) bool {
	at := placeholder.FindStringIndex(form)
	if at == nil {
		return form == text
	}
	text, ok := strings.CutPrefix(text, form[:at[0]])
	if !ok {
		return false
	}
	name, rest := form[at[0]+1:at[1]-1], form[at[1]:]
	if rest == "" {
		values[name] = text
		return text != ""
	}
	separator := rest
	if next := placeholder.FindStringIndex(rest); next != nil {
		separator = rest[:next[0]]
	}
	i := strings.Index(text, separator)
	if strings.Contains(separator, "#") {
		i = strings.LastIndex(text, separator)
	}
	if i <= 0 {
		return false
	}
	values[name] = text[:i]
	return apart(rest, text[i:], values)
}

// forms are the forms as a person reads them: vault:MOUNT/PATH#FIELD.
func (row *managerRow) forms(scheme string) string {
	var list []string
	for _, form := range row.Form {
		list = append(list, scheme+":"+placeholder.ReplaceAllStringFunc(form, func(p string) string {
			return strings.ToUpper(p[1 : len(p)-1])
		}))
	}
	return strings.Join(list, " or ")
}

// fill replaces the placeholders of argv, in one pass: a value is never looked at
// again. An argument with one that has no value is left out.
func fill(argv []string, values map[string]string) []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, "{"+name+"}", values[name])
	}
	replacer := strings.NewReplacer(pairs...)
	var out []string
	for _, arg := range argv {
		if filled(arg, values) {
			out = append(out, replacer.Replace(arg))
		}
	}
	return out
}

func filled(arg string, values map[string]string) bool {
	for _, p := range placeholder.FindAllString(arg, -1) {
		if _, ok := values[p[1:len(p)-1]]; !ok {
			return false
		}
	}
	return true
}
