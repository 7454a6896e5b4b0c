package safefile

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Read returns the content of path if it is a regular file of at most rule.Max
// bytes. Access lists are left to the profile folder, which Windows gives to
// its user alone.
func Read(path string, rule Rule) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file: %w", path, ErrUnsafe)
	}
	data, err := io.ReadAll(io.LimitReader(f, rule.Max+1))
	if err == nil && int64(len(data)) > rule.Max {
		return nil, fmt.Errorf("%s: more than %d bytes: %w", path, rule.Max, ErrTooBig)
	}
	return data, err
}

// Judge reports whether the file can be opened.
func Judge(path string, _ Rule) error {
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return err
}

// CheckDir refuses what is not a folder.
func CheckDir(dir string) error {
	fi, err := os.Stat(dir)
	if err == nil && !fi.IsDir() {
		return fmt.Errorf("%s: not a folder: %w", dir, ErrUnsafe)
	}
	return err
}

// replace renames over target: MoveFileEx with MOVEFILE_REPLACE_EXISTING.
func replace(target string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), target)
}

// syncDir has nothing to do: a folder cannot be flushed on Windows.
func syncDir(string) error { return nil }

// Append adds data, whole lines, to the end of path, which is made if need be. A
// file that is open for appending takes each write at its end (CreateFile,
// FILE_APPEND_DATA).
func Append(_ context.Context, path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// CheckProgram lets every program pass: who may replace it is in access control
// lists, which are not looked at.
func CheckProgram(string) error { return nil }

const noFollow = 0

// Fingerprint tells a file from what was put in its place later, as far as its size and
// its time tell.
func Fingerprint(path string) (string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d:%d", fi.Size(), fi.ModTime().UnixNano()), nil
}
