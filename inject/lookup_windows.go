package inject

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// searchPath is the PATH that the worker will have.
func searchPath(env *environ, extra []string) string {
	path, _ := env.get("PATH")
	for _, e := range extra {
		if n, v, _ := cut(e); sameName(n, "PATH") {
			path = v
		}
	}
	return path
}

// lookup finds the worker: a name with a separator is a path, any other is searched in the
// folders of path, never in the working one (exec.ErrDot). What PATHEXT lists may be missing
// at its end.
func lookup(name, path string) (string, error) {
	if strings.ContainsAny(name, `\/:`) {
		return found(name)
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file, err := found(filepath.Join(dir, name)); !errors.Is(err, ErrNoWorker) {
			return file, err
		}
	}
	return "", hint.Add(fmt.Errorf("%s: %w in PATH", names.Show(name), ErrNoWorker), hint.Command("where", names.Or(name, "WORKER")))
}

// found is the absolute path of an executable file.
func found(file string) (string, error) {
	full, err := exec.LookPath(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s: %w", names.ShowPath(file), ErrNoWorker)
	case err != nil:
		return "", fmt.Errorf("%s: %w", names.ShowPath(file), ErrNotExecutable)
	}
	return filepath.Abs(full)
}

// allowed compares the worker's file with those that the profile lists; a name
// without a separator there is searched as the worker is.
func allowed(file string, list []string, path string) error {
	if len(list) == 0 {
		return nil
	}
	for _, entry := range list {
		if other, err := lookup(entry, path); err == nil && strings.EqualFold(other, file) {
			return nil
		}
	}
	return hint.Add(fmt.Errorf("the profile does not allow %s", names.ShowPath(file)),
		"it allows: "+names.Printable(strings.Join(list, ", "))+"; the list is 'allow' in the profile")
}
