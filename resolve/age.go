package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// The files of the store in our folder; recipientsFile names the third.
const (
	storeFileName    = "secrets.age"
	identityFileName = "identity.txt"
)

// maxSealed bounds secrets.age, in bytes: base64 of the largest store, and its header.
const maxSealed = 2 * maxStore

// The file secrets.age holds all entries, as secrets.toml does, encrypted to each
// recipient of recipients.txt (age-encryption.org/v1, armored).
var ageBackend = Backend{
	Scheme: "age",
	Help:   "the file secrets.age, encrypted for age",
	Local:  true, // where opening it may take long, bounded sets a deadline
	Named:  true,
	Get: func(ctx context.Context, s *Settings, name string) (*Secret, error) {
		d, err := openAge(ctx, s)
		if err != nil {
			return nil, err
		}
		value, ok := d.entries[name]
		delete(d.entries, name)
		d.wipe()
		if !ok {
			return nil, ErrNotFound
		}
		return NewSecret(value), nil
	},
	Check: func(ctx context.Context, s *Settings) error {
		_, err := openAge(ctx, s.quiet())
		return err
	},
	Store:       &Store{Set: setAge, Remove: removeAge, List: listAge, Unlock: unlockAge},
	Setup:       setUpAge,
	Credentials: []string{identityVariable, passphraseVariable},
}

// agePath is the path of one of the store's files.
func agePath(s *Settings, name string) (string, error) {
	if s.Home == "" {
		return "", fmt.Errorf("neither WG_HOME nor HOME is set: %w", ErrUnavailable)
	}
	return filepath.Join(s.Home, name), nil
}

// openAge decrypts the store. ErrUnavailable where there is none, ErrLocked where
// somebody would have to be asked and may not be.
func openAge(ctx context.Context, s *Settings) (*document, error) {
	sealed, err := readSealed(s)
	if err != nil {
		return nil, err
	}
	return unsealStore(ctx, s, sealed)
}

func readSealed(s *Settings) ([]byte, error) {
	path, err := agePath(s, storeFileName)
	if err != nil {
		return nil, err
	}
	sealed, err := safefile.Read(path, safefile.Rule{Max: maxSealed})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noStore(s)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	return sealed, nil
}

// ErrNotSetUp: the age store was never made here, and nobody need be told that it is
// missing.
var ErrNotSetUp = errors.New("there is no secrets.age")

var errStoreGone = errors.New("there is no secrets.age, though there was one (its identity or its recipients are there)")

// noStore is ErrUnavailable, unless there was a store: git takes a file away before
// it writes the new one, and a search must not go on to a weaker store meanwhile.
func noStore(s *Settings) error {
	there := os.Getenv(identityVariable) != ""
	for _, name := range []string{identityFileName, recipientsFile, storeFileName} { // a link that leads nowhere
		path, err := agePath(s, name)
		if err != nil {
			return err
		}
		_, err = os.Lstat(path)
		there = there || !errors.Is(err, fs.ErrNotExist)
	}
	if !there {
		return hint.Add(fmt.Errorf("%w: %w", ErrNotSetUp, ErrUnavailable), "wg-run secret backend set age")
	}
	return hint.Add(errStoreGone, "take it from git or from a backup, or begin anew: wg-run secret backend set age")
}

// unsealStore decrypts and decodes a version of the store. What took somebody's
// answer is kept, so that a run with two entries asks once.
func unsealStore(ctx context.Context, s *Settings, sealed []byte) (*document, error) {
	memory := s.ageMemory()
	if memory.document != nil && bytes.Equal(memory.sealed, sealed) {
		return memory.document.clone(), nil
	}
	keys, err := ageKeysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	plain, err := keys.unseal(ctx, s, sealed)
	if err != nil {
		return nil, fmt.Errorf("decrypting secrets.age: %w", err)
	}
	defer clear(plain)
	d, err := decodeAge(plain)
	if err != nil {
		return nil, err
	}
	d.from = sealed
	if keys.slow() {
		memory.sealed, memory.document = sealed, d.clone()
	}
	return d, err
}

// ageMemory is what this process has opened already.
type ageMemory struct {
	keys *ageKeys
	// sealed is the version of the store that document is the content of.
	sealed   []byte
	document *document
	// asking counts the questions that are open.
	asking atomic.Int32
}

func (s *Settings) ageMemory() *ageMemory {
	if s.opened == nil {
		s.opened = &ageMemory{}
	}
	return s.opened
}

// quiet is s for what must not ask anybody.
func (s *Settings) quiet() *Settings {
	s.ageMemory() // shared: a passphrase's descriptor can be read once
	quiet := *s
	quiet.NoPrompt, quiet.Ask, quiet.Say = true, nil, nil
	return &quiet
}

// unlockAge opens the store, so that neither the passphrase nor a plugin is asked again.
func unlockAge(ctx context.Context, s *Settings) error {
	_, err := openAge(ctx, s)
	return err
}

func listAge(ctx context.Context, s *Settings) ([]string, error) {
	d, err := openAge(ctx, s.quiet())
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(d.entries)), nil
}
