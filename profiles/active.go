package profiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// Active returns the name in active-profile; ErrNoneActive if there is none.
func (h Home) Active() (string, error) {
	p, packed, err := h.unpacked(packedActive)
	var data []byte
	if packed && err == nil {
		data = p.b
	} else if !packed {
		data, err = h.read("active-profile")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoneActive
	}
	if err != nil {
		return "", fmt.Errorf("reading the active profile's name: %w", err)
	}
	name := strings.TrimSpace(string(data))
	if name == "" {
		return "", ErrNoneActive
	}
	if !names.Valid(name) {
		return "", fmt.Errorf("reading the active profile's name: active-profile holds no valid name: %s", names.Rule)
	}
	return name, nil
}

// Use makes name the active profile; ErrNoProfile if there is none of that name. It
// is replaced as a whole: a run that starts meanwhile reads the old name or the new
// one. ctx bounds the wait for the lock. around is called under that lock, and calls for the
// write; its error is Use's.
func (h Home) Use(ctx context.Context, name string, around func(write func() error) error) error {
	return h.locked(ctx, "switching to profile", name, func(string) error {
		path, err := h.Path("active-profile")
		if err != nil {
			return err
		}
		if err := ownTarget(path, func() error { _, err := h.Active(); return err }); err != nil {
			return err
		}
		return around(func() error { return safefile.Write(path, []byte(name+"\n")) })
	})
}

// Turn waits, until ctx ends, for the turn of one who switches: another has ended by then.
func (h Home) Turn(ctx context.Context) (done func(), err error) {
	dir, err := h.Path()
	if err == nil {
		done, err = safefile.LockAs(ctx, dir, ".lock-use")
	}
	if err != nil {
		return nil, fmt.Errorf("switching: %w", err)
	}
	return done, nil
}

// ownTarget refuses to write through a link that leads to something else than what is
// to be written: a repository that was cloned may hold any link. read reads what is
// there as what it should be.
func ownTarget(path string, read func() error) error {
	fi, err := os.Lstat(path)
	if err != nil || fi.Mode()&os.ModeSymlink == 0 {
		return nil
	}
	if err := read(); err != nil {
		return hint.Add(fmt.Errorf("%s is a link, and not to a file of its kind: %w", path, err), "see where it leads: "+hint.Command("ls", "-l", path))
	}
	return nil
}

// Remove removes a profile; ErrNoProfile if there is none of that name. If it is the
// active one, active-profile is removed first: killed in between, no name points to
// nothing.
func (h Home) Remove(ctx context.Context, name string) (wasActive bool, err error) {
	err = h.locked(ctx, "removing profile", name, func(file string) error {
		active, err := h.Active()
		path, _ := h.Path("active-profile")
		if wasActive = err == nil && active == name; wasActive {
			if err := safefile.Remove(path); err != nil {
				return err
			}
		}
		err = safefile.Remove(file)
		if _, gone := os.Lstat(file); err != nil && gone == nil && wasActive { // it stays, and stays the active one
			err = errors.Join(err, safefile.Write(path, []byte(name+"\n")))
		}
		return err
	})
	return wasActive && err == nil, err
}

func errAbsent(doing string) error {
	return hint.Add(fmt.Errorf("%s: %w", doing, ErrNoProfile), "wg-run profile list")
}

// locked runs do under the lock with the file of a profile that is there.
func (h Home) locked(ctx context.Context, doing, name string, do func(file string) error) error {
	if !names.Valid(name) {
		return fmt.Errorf("%s: not a valid name: %s", doing, names.Rule)
	}
	doing += " " + names.Show(name)
	file, err := h.Path("profiles", name+".toml")
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) { // before a folder is made for the lock
		return errAbsent(doing)
	}
	unlock, err := safefile.Lock(ctx, h.Dir)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer unlock()
	if _, err = os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return errAbsent(doing)
	}
	if err == nil {
		err = do(file)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
