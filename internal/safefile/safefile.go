// Package safefile reads and writes the files below ~/.wg. Reading opens
// without blocking and judges the open descriptor, so that a FIFO cannot hang
// us and a swapped file cannot pass; writing leaves the old or the new content,
// whole, whatever happens in between. It knows nothing of what the files hold.
package safefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/graphwork/wg-run/internal/hint"
)

var (
	// ErrUnsafe: the file is not regular, not ours, or open to others.
	ErrUnsafe = errors.New("refused as unsafe")
	// ErrTooBig: the file is larger than Rule.Max.
	ErrTooBig = errors.New("larger than its limit")
	// ErrBusy: another process held the lock until the deadline.
	ErrBusy = errors.New("another process holds the lock")
)

// Rule says what Read accepts.
type Rule struct {
	// Private refuses a file that others may read: stores and identities.
	Private bool
	// Foreign accepts any owner and mode: files that are not ours.
	Foreign bool
	// Max is the largest accepted size in bytes.
	Max int64
}

// lockName is the file in our folder that writers lock (flock(2)). It stays:
// removing a lock file lets two writers hold "the" lock.
const lockName = ".lock"

// Lock takes the exclusive lock of folder dir, which it makes (0700) if need
// be, and returns the function that releases it. It waits until ctx ends and
// then returns an error wrapping ErrBusy.
func Lock(ctx context.Context, dir string) (unlock func(), err error) {
	return LockAs(ctx, dir, lockName)
}

// LockAs is Lock with a lock file of another name: for one who writes several times
// and takes the folder's own lock for each.
func LockAs(ctx context.Context, dir, name string) (unlock func(), err error) {
	if err := MkdirPrivate(dir); err != nil {
		return nil, err
	}
	return lockPath(ctx, filepath.Join(dir, name))
}

// lockPath takes the lock of a file, which it makes if need be.
func lockPath(ctx context.Context, path string) (unlock func(), err error) {
	// Without blocking: somebody could have put a FIFO there.
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY|syscall.O_NONBLOCK|noFollow))
	busy := hint.Add(fmt.Errorf("waiting for the lock %s: %w", path, ErrBusy),
		"another wg-run writes there, or was stopped while it did: pgrep -a wg-run")
	if ctx.Err() != nil {
		return nil, busy
	}
	if ok, err := l.TryLock(); err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	} else if ok {
		return func() { _ = l.Unlock() }, nil
	}
	// One that is waited for in the kernel comes in turn: fifty that try again and
	// again keep a machine busy, and some of them never get it.
	locked := make(chan error, 1)
	go func() { locked <- l.Lock() }()
	select {
	case err := <-locked:
		if err != nil {
			return nil, fmt.Errorf("locking %s: %w", l.Path(), err)
		}
		return func() { _ = l.Unlock() }, nil
	case <-ctx.Done():
		go func() {
			if <-locked == nil {
				_ = l.Unlock()
			}
		}()
		return nil, busy
	}
}

// MkdirPrivate makes dir and its missing parents with mode 0700. A folder that
// is there keeps its mode, but others must not be able to write to it.
func MkdirPrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	return CheckDir(dir)
}

// Write replaces path by data: a temporary file (0600) in the same folder,
// fsync, rename, fsync of the folder. The caller holds the lock, so temporary
// files of this name are what a killed writer left: they are removed. A symlink
// is followed, so that what it points to is replaced and the link stays.
func Write(path string, data []byte) error {
	target, err := followed(path)
	if err != nil {
		return err
	}
	sweep(target)
	if err := replace(target, data); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Remove removes path, not what a symlink of that name points to, and returns once
// that is on the disk. The caller holds the lock.
func Remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// followed resolves symlinks also when the last one points to nothing yet.
func followed(path string) (string, error) {
	for range 40 { // as many as path_resolution(7) follows
		fi, err := os.Lstat(path)
		if errors.Is(err, os.ErrNotExist) || err == nil && fi.Mode()&os.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) { // relative to the real folder: ".." in text is not ".." on disk
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			to = dir + string(filepath.Separator) + to
		}
		path = to
	}
	return "", fmt.Errorf("following %s: too many links", path)
}

// sweep removes temporary files of killed writers: ".NAME" followed by digits.
func sweep(target string) {
	dir, prefix := filepath.Dir(target), "."+filepath.Base(target)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if digits, ok := strings.CutPrefix(e.Name(), prefix); ok && digits != "" && strings.Trim(digits, "0123456789") == "" {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
