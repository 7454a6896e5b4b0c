package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

const envKey, refKey = "api_key_env", "api_key_ref"

// Leftover is one api_key_env in config.toml or a profile, wg's included.
type Leftover struct {
	// File is its path below the folder, as "profiles/openrouter.toml".
	File string
	// Place says where in the file it stands, for people; "" at the top.
	Place string
	// Variable is what it holds, as written. It may be a pasted key.
	Variable string
	// Name is the secret's name that its value is to be stored under.
	Name string
	// Profile is the profile whose run takes its key from here, "" if none does.
	Profile string
	// Problem is why it cannot be moved; nil if it can.
	Problem error

	table []any
}

// OfWg reports whether it stands in a table that the wg tool reads.
func (l *Leftover) OfWg() bool { return l.Place != "" && !errors.Is(l.Problem, ErrForeign) }

// Where says where it stands, for people.
func (l *Leftover) Where() string {
	if l.Place == "" {
		return shownFile(l.File)
	}
	return shownFile(l.File) + ", " + l.Place
}

// shownFile is a file below the folder as it may be printed: a profile's name may be a
// pasted key.
func shownFile(file string) string {
	if names.LooksSecret(strings.TrimSuffix(filepath.Base(file), ".toml")) {
		return filepath.Join(filepath.Dir(file), names.Hidden)
	}
	return file
}

// ErrForeign is the problem of an api_key_env in another program's table.
var ErrForeign = errors.New("another program's table, left alone")

var (
	errHasRef = errors.New("an api_key_ref stands beside it and counts; take the line with api_key_env out")
	errNoVar  = hint.Add(errors.New("it holds no name of a variable (not shown, it may be a key)"),
		"wg-run secret set NAME, and in its place: api_key_ref = \"keyring:NAME\"")
)

// Leftovers lists every api_key_env, file by file: config.toml, then the profiles.
// Files that cannot be read are in unread; the others are listed all the same.
func (h Home) Leftovers() (list []Leftover, unread []error) {
	profiles, err := h.List()
	if err != nil {
		unread = append(unread, err)
	}
	files := []string{"config.toml"}
	for _, name := range profiles {
		files = append(files, filepath.Join("profiles", name+".toml"))
	}
	for _, file := range files {
		data, err := h.read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var root map[string]any
		if err == nil {
			_, err = tomlfile.Decode(data, &root)
		}
		if err != nil {
			unread = append(unread, unreadable(file, err))
			continue
		}
		list = append(list, leftoversIn(file, root)...)
	}
	return list, unread
}

// unreadable names a file that could not be read; the system's text has its path.
func unreadable(file string, err error) error {
	if shown := shownFile(file); shown != file {
		return fmt.Errorf("reading %s: it cannot be read", shown)
	}
	return fmt.Errorf("reading %s: %w", file, err)
}

// leftoversIn walks all tables of a file in a fixed order.
func leftoversIn(file string, root map[string]any) []Leftover {
	var list []Leftover
	var walk func(v any, table []any)
	walk = func(v any, table []any) {
		switch v := v.(type) {
		case map[string]any:
			if variable, ok := v[envKey].(string); ok {
				list = append(list, leftoverAt(file, root, v, slices.Clone(table), variable))
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], append(table, key))
			}
		case []map[string]any:
			for i, t := range v {
				walk(t, append(table, i))
			}
		case []any:
			for i, t := range v {
				walk(t, append(table, i))
			}
		}
	}
	walk(root, nil)
	return list
}

func leftoverAt(file string, root, table map[string]any, at []any, variable string) Leftover {
	l := Leftover{File: file, Variable: variable, table: at}
	profile, ofProfile := strings.CutSuffix(filepath.Base(file), ".toml")
	ofProfile = ofProfile && file != "config.toml"
	index, isEndpoint := endpointIndex(at)
	switch {
	case len(at) == 0 && ofProfile:
		l.Name, l.Profile = profile, profile
	case len(at) == 0:
		l.Name = nameOf(variable)
	case isEndpoint:
		l.Place = "endpoint " + strconv.Itoa(index+1)
		l.Name = endpointName(root, table, index, profile, ofProfile, variable)
		if ofProfile && l.Name == profile {
			l.Profile = profile
		}
	default:
		l.Place, l.Problem = "a table", ErrForeign
	}
	ref, _ := table[refKey].(string)
	switch {
	case l.Problem != nil:
	case !names.ValidVariable(variable) || names.IsPastedKey(variable) || !names.Valid(l.Name):
		l.Problem = errNoVar
	case ref != "":
		l.Problem, l.Profile = errHasRef, ""
	}
	return l
}

// endpointIndex is the number of the endpoint of wg's that table at is, if it is one.
func endpointIndex(at []any) (int, bool) {
	if len(at) != 3 || at[0] != "llm_endpoints" || at[1] != "endpoints" {
		return 0, false
	}
	i, ok := at[2].(int)
	return i, ok
}
