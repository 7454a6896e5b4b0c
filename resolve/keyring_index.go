//go:build !linux

package resolve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// maxIndex bounds keyring-index, in bytes.
const maxIndex = 1 << 20

func init() {
	keyringNames = indexNames
	keyringNoted = indexNoted
}

// indexNames reads keyring-index: the names that we stored, a line each. What
// other programs stored or removed is not seen.
func indexNames(_ context.Context, s *Settings) ([]string, error) {
	if s.Home == "" {
		return nil, fmt.Errorf("reading keyring-index: neither WG_HOME nor HOME is set: %w", ErrUnavailable)
	}
	data, err := safefile.Read(filepath.Join(s.Home, "keyring-index"), safefile.Rule{Max: maxIndex})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading keyring-index: %w", err)
	}
	var list []string
	for line := range strings.Lines(string(data)) {
		if name := strings.TrimSpace(line); names.Valid(name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// indexNoted adds name to the index, or takes it out.
func indexNoted(ctx context.Context, s *Settings, name string, stored bool) error {
	unlock, err := safefile.Lock(ctx, s.Home)
	if err != nil {
		return err
	}
	defer unlock()
	list, err := indexNames(ctx, s)
	if err != nil {
		return err
	}
	if slices.Contains(list, name) == stored {
		return nil
	}
	if stored {
		list = append(list, name)
	} else {
		list = slices.DeleteFunc(list, func(n string) bool { return n == name })
	}
	slices.Sort(list)
	return safefile.Write(filepath.Join(s.Home, "keyring-index"), []byte(strings.Join(list, "\n")+"\n"))
}
