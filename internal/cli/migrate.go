package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type migrateCmd struct {
	DryRun bool `help:"Say what would be done, and do nothing."`
	FromWg bool `help:"Store the keys that the wg tool keeps in ~/.wg/keystore, secrets and keys, too, without asking."`
}

// Help is shown by --help.
func (migrateCmd) Help() string {
	return `For every api_key_env in config.toml and the profiles, those of the wg tool
included: stores the value of the variable in the default backend, keeps the file as
FILE.bak, and replaces the line by api_key_ref. Comments and order stay. What cannot
be moved is named and left; running it again changes nothing. It ends with where the
variable is still set and was typed.

Exit status: 0 all is moved, 1 something was left. See docs/migration.md.`
}

// migration moves values into the default backend, and references into the files.
// The secret is stored first: killed at any point, no reference is without it.
type migration struct {
	*migrateCmd
	r      *resolve.Resolver
	home   profiles.Home
	scheme string
	// listed are the names that the backend has, for a dry run.
	listed []string
	// kept are the values of this run by name.
	kept map[string]*resolve.Secret
	// moved are the variables that no file names any more.
	moved []string
	// awaited are the profiles that still take their keys from a variable.
	awaited map[string]string
	// referenced are the names that profiles refer to already, and the profiles.
	referenced map[string]string
	// left counts what could not be moved, done what was.
	left, done int
}

// Run migrates everything that can be, and names what cannot.
func (c *migrateCmd) Run() error {
	home := profiles.Locate()
	r, err := newResolver(home)
	if err != nil {
		return err
	}
	m := &migration{migrateCmd: c, r: r, home: home, kept: map[string]*resolve.Secret{}, awaited: map[string]string{}}
	r.NoPrompt = c.DryRun // looking is no reason to have anything unlocked
	defer func() {
		for _, secret := range m.kept {
			secret.Wipe()
		}
	}()
	list, unread := home.Leftovers()
	for _, err := range unread {
		m.skip(err)
	}
	keys, err := home.KeptByWg()
	if err != nil {
		m.skip(err)
	}
	keys = m.wanted(keys)
	if len(list)+len(keys) > 0 {
		unlock, err := m.begin()
		if err != nil {
			return err
		}
		defer unlock()
		list, _ = home.Leftovers() // another migration may have moved some meanwhile
	}
	err = m.moveAll(list)
	if err == nil {
		err = m.takeAll(keys)
	}
	m.tellTraces()
	switch {
	case err != nil:
		return err
	case m.left > 0:
		return errSaid
	case m.done == 0:
		say("nothing to migrate")
		say("hint: for a variable that no profile names: wg-run secret set NAME, and then: wg-run profile create NAME")
	}
	return nil
}

// begin chooses the backend and keeps other migrations away.
func (m *migration) begin() (unlock func(), err error) {
	if err := m.chooseBackend(); err != nil || m.DryRun {
		return func() {}, err
	}
	ctx, cancel := locking(m.home)
	defer cancel()
	return m.home.LockMigration(ctx)
}

// chooseBackend refuses to begin where nothing can be stored: a weaker store is not
// taken in its place.
func (m *migration) chooseBackend() (err error) {
	ctx := context.Background()
	if m.scheme, err = resolve.Storing(m.r.DefaultBackend); err != nil {
		return hint.Add(fmt.Errorf("migrating: default_backend of config.toml: %w", err), "wg-run secret backend set keyring")
	}
	if err := m.r.Ready(ctx, m.scheme); err != nil {
		return fmt.Errorf("migrating to %s: %w", m.scheme, err)
	}
	if m.DryRun {
		m.listed, err = m.r.List(ctx, m.scheme)
	}
	return err
}

// did tells of a step: what a dry run finds is its answer, all else is talk.
func (m *migration) did(past, would, format string, args ...any) {
	m.done++
	text := fmt.Sprintf(format, args...)
	if m.DryRun {
		stdout("%-8s %s\n", would, names.Escaped(text))
		return
	}
	say(past + " " + text)
}

// skip names something that stays as it is.
func (m *migration) skip(err error) {
	m.left++
	m.did("skipped", "skip", "%v", err)
	if h := hint.Of(err); h != "" {
		say("hint: " + h)
	}
}

// errStore is wrapped by failures of a backend, which end the migration.
var errStore = errors.New("migrating")

// keep stores a value under name; known says that it was there already. Another
// value under that name is an error and stays.
func (m *migration) keep(name string, value *resolve.Secret, what string) (known bool, err error) {
	there, err := m.stored(name)
	switch {
	case err == nil && bytes.Equal(there.Bytes(), value.Bytes()):
		m.kept[name] = value
		return true, nil
	case err == nil:
		return false, hint.Add(fmt.Errorf("%s has another value than what is stored as %s:%s", what, m.scheme, names.Or(name, "…")),
			"to keep the stored one, write its reference into the file; to replace it: wg-run secret set "+names.Or(name, "NAME"))
	case resolve.OutcomeOf(err) != resolve.NotFound:
		return false, fmt.Errorf("%w: %w", errStore, err)
	}
	if !m.DryRun {
		err := m.r.Add(context.Background(), m.scheme, name, value)
		if errors.Is(err, resolve.ErrThere) { // since we looked
			return false, hint.Add(err, "run it again")
		}
		if err != nil {
			return false, fmt.Errorf("%w: %w", errStore, err)
		}
	}
	m.kept[name] = value
	return false, nil
}

// stored is the value under that name, of this run or in the backend. A dry run
// asks for it only where there is one: that may have to be unlocked.
func (m *migration) stored(name string) (*resolve.Secret, error) {
	if value, ok := m.kept[name]; ok {
		return value, nil
	}
	if m.DryRun && !slices.Contains(m.listed, name) {
		return nil, resolve.ErrNotFound
	}
	return m.r.Resolve(context.Background(), resolve.Ref{Scheme: m.scheme, Path: name})
}
