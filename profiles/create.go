package profiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// Create writes profiles/NAME.toml with the name, description, model and main
// reference of p. Without force an existing profile is left alone and the error
// wraps ErrExists. ctx bounds the wait for the lock.
func (h Home) Create(ctx context.Context, p *Profile, force bool) error {
	doing := "creating the profile"
	if !names.Valid(p.Name) {
		return fmt.Errorf("%s: not a valid name: %s", doing, names.Rule)
	}
	if !utf8.ValidString(p.Description + p.Model + p.APIKeyRef) {
		return fmt.Errorf("%s: a text that is not UTF-8 cannot stand in it", doing)
	}
	dir, err := h.Path("profiles")
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	unlock, err := safefile.Lock(ctx, h.Dir)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer unlock()
	if err := safefile.MkdirPrivate(dir); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	path, _ := h.Path("profiles", p.Name+".toml")
	if _, err := os.Stat(path); !force && err == nil {
		return hint.Add(fmt.Errorf("%s: %w", doing, ErrExists), "--force replaces it; see: wg-run profile show "+names.Or(p.Name, "NAME"))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	err = ownTarget(path, func() error { _, err := h.Profile(p.Name); return err })
	var data []byte
	if err == nil {
		data, err = encodeProfile(p)
	}
	if err == nil {
		err = safefile.Write(path, data)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func encodeProfile(p *Profile) ([]byte, error) {
	var b strings.Builder
	enc := toml.NewEncoder(&b)
	err := enc.Encode(struct {
		Description string `toml:"description,omitempty"`
		Model       string `toml:"model,omitempty"`
		APIKeyRef   string `toml:"api_key_ref"`
	}{p.Description, p.Model, p.APIKeyRef})
	return []byte(b.String()), err
}
