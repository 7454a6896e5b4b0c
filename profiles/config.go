package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/graphwork/wg-run/internal/tomlfile"
)

// Config is config.toml: [secrets], [audit], [managers] and [clients]. Other tables are
// other programs' and are left alone.
type Config struct {
	// DefaultBackend is where new secrets go, as written; "keyring" unless set.
	DefaultBackend string
	// AllowPlaintext lets secrets.toml be used.
	AllowPlaintext bool
	// Timeout bounds each backend call; 0 if not set.
	Timeout time.Duration
	// Audit has every delivery and every refusal written to audit.jsonl.
	Audit bool
	// Managers is the table [managers] as it was decoded, nil without one.
	Managers map[string]any
	// Clients is the table [clients] as it was decoded, nil without one.
	Clients map[string]any
}

var (
	configTables = []string{"secrets", "audit", "managers", "clients"}
	configKeys   = []string{"default_backend", "allow_plaintext", "timeout"}
)

// Config reads config.toml. A missing file gives the defaults. Unknown keys in
// [secrets] and [audit] are errors.
func (h Home) Config() (Config, error) {
	c := Config{DefaultBackend: "keyring"}
	if p, ok, err := h.unpacked(packedConfig); ok {
		if err == nil {
			err = c.unpack(p)
		}
		return c, err
	}
	data, err := h.read("config.toml")
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = c.decode(data)
	}
	if err != nil {
		return c, fmt.Errorf("reading config.toml: %w", err)
	}
	return c, nil
}

// configFile is config.toml as it is decoded.
type configFile struct {
	Secrets struct {
		DefaultBackend string `toml:"default_backend"`
		AllowPlaintext bool   `toml:"allow_plaintext"`
		Timeout        string `toml:"timeout"`
	} `toml:"secrets"`
	Audit struct {
		Enabled bool `toml:"enabled"`
	} `toml:"audit"`
	Managers map[string]any `toml:"managers"`
	Clients  map[string]any `toml:"clients"`
}

func (c *Config) decode(data []byte) error {
	var f configFile
	md, err := tomlfile.Decode(data, &f)
	if err != nil {
		return err
	}
	for _, k := range []string{"default_backend", "allow_plaintext"} { // no other program's
		if kind := md.Type(k); kind == "String" || kind == "Bool" {
			return fmt.Errorf("'%s' stands outside of its table: write [secrets] above it", k)
		}
	}
	if slices.ContainsFunc(md.Keys(), isMisnamedRow) {
		return errors.New("[manager.…] is no table of wg-run's (did you mean [managers.…]?)")
	}
	if err := tomlfile.Check(md, configTables, func(parents toml.Key) ([]string, bool) {
		switch {
		case len(parents) == 1 && parents[0] == "secrets":
			return configKeys, false
		case len(parents) == 1 && parents[0] == "audit":
			return []string{"enabled"}, false
		case len(parents) > 0: // other programs', [managers] and [clients], which packages resolve and inject judge
			return nil, true
		}
		return configTables, true
	}); err != nil {
		return err
	}
	if f.Secrets.DefaultBackend != "" {
		c.DefaultBackend = f.Secrets.DefaultBackend
	}
	c.AllowPlaintext, c.Audit, c.Managers, c.Clients = f.Secrets.AllowPlaintext, f.Audit.Enabled, f.Managers, f.Clients
	if f.Secrets.Timeout == "" {
		return nil
	}
	if c.Timeout, err = time.ParseDuration(f.Secrets.Timeout); err != nil || c.Timeout <= 0 {
		return errors.New(`[secrets] timeout: not a positive duration such as "20s"`)
	}
	return nil
}

// isMisnamedRow: a table that another program could have, but for the key that a row needs.
func isMisnamedRow(k toml.Key) bool { return len(k) == 3 && k[0] == "manager" && k[2] == "get" }
