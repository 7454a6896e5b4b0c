package profiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// LockMigration keeps other migrations away: two at once would not see what the
// other is about to store. Rewrite and the stores take the folder's lock themselves.
func (h Home) LockMigration(ctx context.Context) (unlock func(), err error) {
	dir, err := h.Path()
	if err == nil {
		unlock, err = safefile.LockAs(ctx, dir, ".lock-migrate")
	}
	if err != nil {
		return nil, fmt.Errorf("migrating: %w", err)
	}
	return unlock, nil
}

// Moved says under which reference the value of a leftover was stored.
type Moved struct {
	Leftover
	Ref string
}

// Rewrite turns the api_key_env of those leftovers, all of one file, into
// api_key_ref. Comments, order and everything else stay; where that cannot be, the
// file is left as it is and the error wraps tomlfile.ErrNotByLine. The old file is
// kept in a backup, whose path is returned. With dryRun nothing is written.
func (h Home) Rewrite(ctx context.Context, list []Moved, dryRun bool) (backup string, err error) {
	file := list[0].File
	doing := "rewriting " + shownFile(file)
	path, err := h.Path(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	if !dryRun {
		unlock, err := safefile.Lock(ctx, h.Dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", doing, err)
		}
		defer unlock()
	}
	old, err := h.read(file)
	data := old
	for _, m := range list {
		if err == nil {
			data, err = tomlfile.Apply(data, tomlfile.Edit{Table: m.table, Old: envKey, New: refKey, Was: m.Variable, Value: m.Ref})
		}
	}
	if err == nil && !dryRun && !bytes.Equal(old, data) {
		if backup, err = writeBackup(path, old); err == nil {
			err = h.replace(file, old, data)
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	return backup, nil
}

// replace writes data in place of old, unless the file is not old any more: wg and
// editors do not take our lock.
func (h Home) replace(file string, old, data []byte) error {
	now, err := h.read(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(old, now) {
		return hint.Add(errors.New("another program has changed it meanwhile"), "run it again")
	}
	path, err := h.Path(file)
	if err != nil {
		return err
	}
	return safefile.Write(path, data)
}

// writeBackup keeps data beside path, in a file that is not there yet or, after a
// run that was killed, holds the same already.
func writeBackup(path string, data []byte) (string, error) {
	for i := 1; i < 1000; i++ {
		backup := path + ".bak"
		if i > 1 {
			backup += strconv.Itoa(i)
		}
		there, err := safefile.Read(backup, safefile.Rule{Max: maxFile})
		switch {
		case err == nil && bytes.Equal(there, data):
			return backup, nil
		case errors.Is(err, fs.ErrNotExist):
			return backup, safefile.Write(backup, data)
		}
	}
	return "", errors.New("there are too many backups of it")
}
