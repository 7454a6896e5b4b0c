//go:build unix

package inject

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// defaultPath is searched where PATH is not set, as execvp(3) does.
const defaultPath = "/bin:/usr/bin"

// searchPath is the PATH that the worker will have.
func searchPath(env *environ, extra []string) string {
	path, ok := env.get("PATH")
	for _, e := range extra {
		if n, v, _ := cut(e); n == "PATH" {
			path, ok = v, true
		}
	}
	if !ok {
		return defaultPath
	}
	return path
}

// lookup finds the worker as execvp(3) does: a name with a slash is a path, any
// other is searched in path, an empty element of which is the working directory.
func lookup(name, path string) (string, error) {
	if strings.ContainsRune(name, '/') {
		return name, executable(name)
	}
	refused := error(nil)
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		file := dir + "/" + name
		err := executable(file)
		switch {
		case err == nil:
			return file, nil
		case errors.Is(err, unix.EACCES):
			refused = cmp.Or(refused, err)
		case !errors.Is(err, ErrNoWorker):
			return "", err
		}
	}
	if path == "" {
		if err := executable("./" + name); err == nil || errors.Is(err, ErrNotExecutable) {
			return "./" + name, err
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", hint.Add(fmt.Errorf("%s: %w in PATH", names.Show(name), ErrNoWorker), "name it by its path, as ./"+names.Or(name, "WORKER")+", or add its folder to PATH")
}

// executable says whether execve(2) would take the file, as far as its mode
// tells.
func executable(file string) error {
	var st unix.Stat_t
	err := unix.Stat(file, &st)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ESTALE),
		errors.Is(err, unix.ENODEV), errors.Is(err, unix.ETIMEDOUT), errors.Is(err, unix.ENAMETOOLONG):
		return fmt.Errorf("%s: %w", names.ShowPath(file), ErrNoWorker)
	case err != nil:
		return fmt.Errorf("%s: %w: %w", names.ShowPath(file), ErrNotExecutable, err)
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return fmt.Errorf("%s: %w: it is a folder (%w)", names.ShowPath(file), ErrNotExecutable, unix.EACCES)
	}
	if err := unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS); err != nil {
		return hint.Add(fmt.Errorf("%s: %w: %w", names.ShowPath(file), ErrNotExecutable, err), hint.Command("chmod", "+x", orFile(file)))
	}
	return nil
}

// orFile is a path for a hint, unless it may be a pasted key.
func orFile(path string) string {
	if names.PathLooksSecret(path) {
		return "FILE"
	}
	return path
}

// allowed compares the worker's file with those that the profile lists; a name
// without a slash there is searched as the worker is.
func allowed(file string, list []string, path string) error {
	if len(list) == 0 {
		return nil
	}
	mine := canonical(file)
	for _, entry := range list {
		if found, err := lookup(entry, path); err == nil && canonical(found) == mine {
			return nil
		}
	}
	return hint.Add(fmt.Errorf("the profile does not allow %s", names.ShowPath(file)),
		"it allows: "+names.Printable(strings.Join(list, ", "))+"; the list is 'allow' in the profile")
}

// canonical resolves links in the folder only: /bin and /usr/bin can be one,
// while a link to a program may be another command of it.
func canonical(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return abs
	}
	return filepath.Join(dir, filepath.Base(abs))
}
