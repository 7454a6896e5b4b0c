package profiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// Setting is one key of [secrets] in config.toml and its value, a string or a bool.
type Setting struct {
	Key   string
	Value any
}

// Configure writes settings into [secrets] of config.toml and leaves the rest of the
// file as it stands, comments and other programs' tables included. ctx bounds the
// wait for the lock.
func (h Home) Configure(ctx context.Context, settings ...Setting) error {
	if _, err := h.Path(); err != nil {
		return fmt.Errorf("changing config.toml: %w", err)
	}
	unlock, err := safefile.Lock(ctx, h.Dir)
	if err != nil {
		return fmt.Errorf("changing config.toml: %w", err)
	}
	defer unlock()
	old, err := h.read("config.toml")
	if errors.Is(err, fs.ErrNotExist) {
		old, err = nil, nil
	}
	data := old
	for _, s := range settings {
		if err == nil {
			data, err = tomlfile.Apply(data, tomlfile.Edit{Table: []any{"secrets"}, Old: s.Key, New: s.Key, Value: s.Value})
		}
	}
	if errors.Is(err, tomlfile.ErrNotByLine) {
		err = hint.Add(err, "write it yourself, below [secrets]: "+written(settings))
	}
	if err == nil {
		err = new(Config).decode(data) // never leave a file that the next command refuses
	}
	if err == nil {
		err = h.replace("config.toml", old, data)
	}
	if err != nil {
		return fmt.Errorf("changing config.toml: %w", err)
	}
	return nil
}

func written(settings []Setting) string {
	var list []string
	for _, s := range settings {
		list = append(list, fmt.Sprintf("%s = %#v", s.Key, s.Value))
	}
	return strings.Join(list, "; ")
}
