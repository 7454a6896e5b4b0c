//go:build unix

package safefile

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Append adds data, whole lines, to the end of path, which is made (0600) if need
// be and refused where Read with Rule.Private would refuse it. Many processes may
// append at once: each holds the file's lock (flock(2)) while it writes, lines are
// never mixed, and what a full disk or a kill has cut off is taken away or ended.
// It waits for the lock until ctx ends and then returns an error wrapping ErrBusy.
func Append(ctx context.Context, path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|unix.O_NONBLOCK|unix.O_NOCTTY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return &os.PathError{Op: "fstat", Path: path, Err: err}
	}
	if err := judge(path, &st, Rule{Private: true}); err != nil {
		return err
	}
	unlock, err := lockPath(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if last := make([]byte, 1); size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a writer was killed in the middle of its line
			data = append([]byte{'\n'}, data...)
		}
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}
