package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

// Kept is one key that the wg tool keeps in a file of its own.
type Kept struct {
	// Path is the file's path.
	Path string
	// Name is the secret's name.
	Name string
}

// wgFolders are where wg keeps keys, and what its file names end in.
var wgFolders = []struct{ folder, ending string }{{"keystore", ""}, {"secrets", ""}, {"keys", ".key"}}

// wgIdentity begins the names of keys that are wg's identity on its network and no
// worker's business.
const wgIdentity = "wgfed."

// KeptByWg lists the keys in wg's folders. What is no regular file, backups, and files
// whose names are none of a secret are passed over.
func (h Home) KeptByWg() ([]Kept, error) {
	var list []Kept
	for _, f := range wgFolders {
		dir, err := h.Path(f.folder)
		if err != nil {
			return nil, err
		}
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("listing %s: %w", f.folder, err)
		}
		for _, e := range entries {
			name, ok := strings.CutSuffix(e.Name(), f.ending)
			if ok && e.Type().IsRegular() && !strings.HasSuffix(name, ".bak") && names.Valid(name) && !strings.HasPrefix(name, wgIdentity) {
				list = append(list, Kept{filepath.Join(dir, e.Name()), name})
			}
		}
	}
	return list, nil
}
