package resolve

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// Shared reports whether a reference means the same to every process of the user, so
// that a broker can answer it.
func (s *Settings) Shared(ref Ref) bool {
	b := s.BackendOf(ref.Scheme)
	return ref.Variable() == "" && (b == nil || !b.Here)
}

// FindPrograms finds the programs that those references are resolved by, for
// Settings.Programs: by their names, where each is and what it is now; "" for one that
// is not installed or may not be asked.
func (s *Settings) FindPrograms(refs []Ref) map[string]string {
	found := map[string]string{}
	for _, name := range s.programsOf(refs) {
		if path, err := program(&Settings{}, name); err == nil {
			if print, err := safefile.Fingerprint(path); err == nil {
				found[name] = print + " " + path
				continue
			}
		}
		found[name] = ""
	}
	return found
}

// programsOf are the names of the programs that those references may be resolved by.
func (s *Settings) programsOf(refs []Ref) []string {
	var list []string
	schemes := map[string]bool{}
	for _, ref := range refs {
		schemes[ref.Scheme] = true
	}
	if schemes["age"] || schemes["auto"] {
		list = append(plugins(), "age") // which reads ssh keys
	}
	for _, scheme := range slices.Sorted(maps.Keys(schemes)) {
		if b := s.BackendOf(scheme); b != nil && b.runs != nil {
			list = append(list, b.runs()...)
		}
	}
	return list
}

const pluginPrefix = "age-plugin-"

// plugins are the names of age's plugins on PATH. Which of them are needed stands in
// files that may change.
func plugins() []string {
	var list []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		found, _ := filepath.Glob(filepath.Join(dir, pluginPrefix+"*"))
		for _, path := range found {
			list = append(list, filepath.Base(path))
		}
	}
	return list
}

// sameProgram returns the path of a program if it still is what was found.
func sameProgram(name, found string) (string, error) {
	print, path, _ := strings.Cut(found, " ")
	if path == "" {
		return "", hint.Add(fmt.Errorf("the program %s was not installed when the broker looked: %w", name, ErrUnavailable),
			"wg-run broker reload")
	}
	if now, err := safefile.Fingerprint(path); err != nil || now != print {
		return "", hint.Add(fmt.Errorf("looking at the program %s: %w", name, errOtherProgram),
			"if that was you, as by an update: wg-run broker reload")
	}
	return path, safefile.CheckProgram(path)
}

var errOtherProgram = errors.New("its file is not what it was when the broker looked")
