package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"sort"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// maxStore bounds secrets.toml, in bytes.
const maxStore = 64 << 20

// ErrNotAllowed: the plaintext store is used only where config.toml allows it.
var ErrNotAllowed = errors.New("the plaintext store is not allowed")

var plaintextBackend = Backend{
	Scheme:  "plaintext",
	Help:    "the unencrypted file secrets.toml, only if allowed",
	Local:   true,
	Named:   true,
	Allowed: func(s *Settings) bool { return s.AllowPlaintext },
	Get: func(_ context.Context, s *Settings, name string) (*Secret, error) {
		entries, err := readPlaintext(s)
		if err != nil {
			return nil, err
		}
		value, ok := entries[name]
		if !ok {
			return nil, ErrNotFound
		}
		return NewSecret(value), nil
	},
	Check: func(_ context.Context, s *Settings) error {
		_, err := readPlaintext(s)
		return err
	},
	Store: &Store{Set: setPlaintext, Remove: removePlaintext, List: listPlaintext},
}

func plaintextPath(s *Settings) (string, error) {
	if s.Home == "" {
		return "", fmt.Errorf("neither WG_HOME nor HOME is set: %w", ErrUnavailable)
	}
	path := filepath.Join(s.Home, "secrets.toml")
	if !s.AllowPlaintext {
		return path, hint.Add(ErrNotAllowed, "wg-run secret backend set plaintext --allow-plaintext")
	}
	return path, nil
}

// readPlaintext returns all entries; none if there is no file.
func readPlaintext(s *Settings) (map[string][]byte, error) {
	path, err := plaintextPath(s)
	if err != nil {
		return nil, err
	}
	data, err := safefile.Read(path, safefile.Rule{Private: true, Max: maxStore})
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]byte{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	defer clear(data)
	entries, err := decodeStore(data)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return entries, nil
}

func setPlaintext(ctx context.Context, s *Settings, name string, secret *Secret, onlyNew bool) (bool, error) {
	replaced := false
	err := changePlaintext(ctx, s, func(entries map[string][]byte) error {
		if _, replaced = entries[name]; replaced && onlyNew {
			return ErrThere
		}
		entries[name] = secret.Bytes()
		return nil
	})
	return replaced && err == nil, err
}

func removePlaintext(ctx context.Context, s *Settings, name string) error {
	return changePlaintext(ctx, s, func(entries map[string][]byte) error {
		if _, ok := entries[name]; !ok {
			return ErrNotFound
		}
		delete(entries, name)
		return nil
	})
}

// changePlaintext reads, changes and writes the store under its lock.
func changePlaintext(ctx context.Context, s *Settings, change func(map[string][]byte) error) error {
	path, err := plaintextPath(s)
	if err != nil {
		return err
	}
	unlock, err := safefile.Lock(ctx, s.Home)
	if err != nil {
		return err
	}
	defer unlock()
	entries, err := readPlaintext(s)
	if err != nil {
		return err
	}
	if err := change(entries); err != nil {
		return err
	}
	data, err := encodeStore(entries)
	if err != nil {
		return err
	}
	defer clear(data)
	if err := safefile.Write(path, data); err != nil {
		return err
	}
	testOnlyLose()
	again, err := readPlaintext(s)
	if err == nil && !maps.EqualFunc(again, entries, bytes.Equal) {
		err = errors.New("what was read back is not what was written")
	}
	return err
}

func listPlaintext(_ context.Context, s *Settings) ([]string, error) {
	entries, err := readPlaintext(s)
	if err != nil {
		return nil, err
	}
	list := make([]string, 0, len(entries))
	for name := range entries {
		list = append(list, name)
	}
	sort.Strings(list)
	return list, nil
}
