// Package profiles reads and writes what lies in ~/.wg and holds no secret:
// the settings, the profiles, the name of the active one. It also reads the
// profiles that the wg tool writes. References stay text here: what a scheme
// means is package resolve's, and which secrets a worker gets is decided by the
// caller.
package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// maxFile bounds every file of this package, in bytes.
const maxFile = 1 << 20

var (
	// ErrNoHome: neither WG_HOME nor HOME is set.
	ErrNoHome = errors.New("neither WG_HOME nor HOME is set")
	// ErrNoProfile: there is no profile of that name.
	ErrNoProfile = errors.New("no such profile")
	// ErrExists: there is a profile of that name already.
	ErrExists = errors.New("there is a profile of that name")
	// ErrNoneActive: no profile was chosen and none is active.
	ErrNoneActive = errors.New("no profile was named and none is active")
)

// Home is the folder that holds our files.
type Home struct {
	// Dir is its path, or "" if it is not known (ErrNoHome).
	Dir string
	// files, where it is not nil, is what is read in place of the disk.
	files map[string][]byte
	// packed, where it is not nil, is what Pack made of it.
	packed map[string][]byte
}

// Frozen is the folder dir as it was when Snapshot read those files. Only what this
// package reads comes from them.
func Frozen(dir string, files map[string][]byte) Home {
	if files == nil {
		files = map[string][]byte{}
	}
	return Home{Dir: dir, files: files}
}

// Files are the files of a Frozen home; the caller does not change them.
func (h Home) Files() map[string][]byte { return h.files }

// Snapshot reads the settings, the active profile's name and all profiles. Files that
// cannot be read, or are no profile, are left out, and problems says why, by the names of the
// profiles; config.toml must be readable if it is there.
func (h Home) Snapshot() (files map[string][]byte, problems map[string]error, err error) {
	files, problems = map[string][]byte{}, map[string]error{}
	if _, err := h.Config(); err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"config.toml", "active-profile"} {
		data, err := h.read(name)
		if err == nil {
			files[name] = data
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	list, err := h.List()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range list {
		data, err := h.read("profiles", name+".toml")
		if err == nil {
			_, err = parseProfile(name, data)
		}
		if err != nil {
			problems[name] = fmt.Errorf("reading profile %s: %w", names.Show(name), err)
			continue
		}
		files["profiles/"+name+".toml"] = data
	}
	return files, problems, nil
}

// Locate finds the folder: $WG_HOME, else ~/.wg. It looks at nothing on disk
// and needs no passwd entry.
func Locate() Home {
	if dir := os.Getenv("WG_HOME"); dir != "" {
		return Home{Dir: filepath.Clean(dir)}
	}
	if home, err := os.UserHomeDir(); err == nil && home != "" {
		return Home{Dir: filepath.Join(home, ".wg")}
	}
	return Home{}
}

// Path returns the path of a file in the folder, or ErrNoHome.
func (h Home) Path(elem ...string) (string, error) {
	if h.Dir == "" {
		return "", hint.Add(ErrNoHome, "export WG_HOME=/path/to/a/folder")
	}
	return filepath.Join(append([]string{h.Dir}, elem...)...), nil
}

// read returns a file of the folder. A missing file, folder or home is
// fs.ErrNotExist.
func (h Home) read(elem ...string) ([]byte, error) {
	if h.files != nil || h.packed != nil {
		for _, files := range []map[string][]byte{h.files, h.packed} {
			if data, ok := files[strings.Join(elem, "/")]; ok {
				return data, nil
			}
		}
		return nil, fs.ErrNotExist
	}
	path, err := h.Path(elem...)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", err, fs.ErrNotExist)
	}
	data, err := safefile.Read(path, safefile.Rule{Max: maxFile})
	if err != nil {
		return nil, err
	}
	// Others who may write to the folder could put another file in place of ours.
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := safefile.CheckDir(dir); err != nil {
			return nil, err
		}
		if len(dir) <= len(h.Dir) {
			return data, nil
		}
	}
}

// List returns the names of all profiles, sorted. Files with other names are
// passed over.
func (h Home) List() ([]string, error) {
	if h.files != nil || h.packed != nil {
		return h.frozenNames(), nil
	}
	dir, err := h.Path("profiles")
	if err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing profiles: %w", err)
	}
	var list []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".toml"); ok && names.Valid(name) {
			list = append(list, name)
		}
	}
	sort.Strings(list)
	return list, nil
}

func (h Home) frozenNames() []string {
	var list []string
	for file := range h.files {
		if name, ok := strings.CutPrefix(file, "profiles/"); ok {
			list = append(list, strings.TrimSuffix(name, ".toml"))
		}
	}
	sort.Strings(list)
	return list
}
