package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type migrateCmd struct {
	DryRun bool `help:"Say what would be done, and do nothing."`
	FromWg bool `help:"Store the keys that the wg tool keeps in ~/.wg/keystore, secrets and keys, too, without asking."`
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
	// left counts what could not be moved.
	left int
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
	if len(list)+len(keys) > 0 {
		if err := m.chooseBackend(); err != nil {
			return err
		}
		if !c.DryRun {
			ctx, cancel := locking(r)
			unlock, err := home.LockMigration(ctx)
			cancel()
			if err != nil {
				return err
			}
			defer unlock()
			list, _ = home.Leftovers() // another one may have moved some since
		}
	}
	if err := m.moveAll(list); err != nil {
		return err
	}
	if err := m.takeAll(keys); err != nil {
		return err
	}
	switch {
	case m.left > 0:
		return errSaid
	case len(list) == 0 && len(keys) == 0:
		say("nothing to migrate")
	}
	return nil
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
	text := fmt.Sprintf(format, args...)
	if m.DryRun {
		stdout("%-8s %s\n", would, text)
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

// moveAll moves the variables of all leftovers, file by file.
func (m *migration) moveAll(list []profiles.Leftover) error {
	markCollisions(list)
	for i := 0; i < len(list); {
		file := list[i].File
		n := i
		for n < len(list) && list[n].File == file {
			n++
		}
		if err := m.moveFile(list[i:n]); err != nil {
			return err
		}
		i = n
	}
	if len(m.moved) > 0 && !m.DryRun {
		m.tellTraces()
	}
	return nil
}

// markCollisions finds names under which two variables would be stored.
func markCollisions(list []profiles.Leftover) {
	taken := map[string][]string{}
	for _, l := range list {
		if l.Problem == nil && !slices.Contains(taken[l.Name], l.Variable) {
			taken[l.Name] = append(taken[l.Name], l.Variable)
		}
	}
	for i := range list {
		l := &list[i]
		if l.Problem == nil && len(taken[l.Name]) > 1 {
			l.Problem = hint.Add(fmt.Errorf("%s would be stored as %s, and so would %s: the two collide",
				variableName(l.Variable), names.Show(l.Name), others(taken[l.Name], l.Variable)), "wg-run secret set NAME, and write its reference there")
		}
	}
}

func others(list []string, but string) string {
	var shown []string
	for _, v := range list {
		if v != but {
			shown = append(shown, variableName(v))
		}
	}
	return strings.Join(shown, ", ")
}

// variableName is a variable's name as it may be printed.
func variableName(variable string) string {
	return names.Or(variable, "(a variable whose name looks like a key)")
}

// moveFile moves what it can of one file.
func (m *migration) moveFile(list []profiles.Leftover) error {
	var ready []profiles.Moved
	for _, l := range list {
		if l.Problem == nil {
			l.Problem = m.judge(l)
		}
		switch {
		case errors.Is(l.Problem, errStore):
			return l.Problem
		case errors.Is(l.Problem, profiles.ErrForeign):
			m.did("left", "leave", "%s: %v", l.Where(), l.Problem)
		case l.Problem != nil:
			m.skip(hint.Add(fmt.Errorf("%s: %w", l.Where(), l.Problem), hint.Of(l.Problem)))
		default:
			ready = append(ready, profiles.Moved{Leftover: l, Ref: m.scheme + ":" + l.Name})
			continue
		}
		if l.Profile != "" {
			m.awaited[l.Profile] = l.Variable
		}
	}
	var stored []profiles.Moved
	for _, l := range m.rewritable(ready) {
		known, err := m.keep(l.Name, resolve.NewSecret([]byte(os.Getenv(l.Variable))), variableName(l.Variable))
		switch {
		case errors.Is(err, errStore):
			return err
		case err != nil:
			m.skip(hint.Add(fmt.Errorf("%s: %w", l.Where(), err), hint.Of(err)))
			continue
		case !known:
			m.did("stored", "store", "%s as %s:%s", variableName(l.Variable), m.scheme, names.Or(l.Name, "…"))
		}
		stored = append(stored, l)
	}
	if len(stored) > 0 {
		m.rewrite(stored)
	}
	return nil
}

// rewritable leaves those whose places in the file can be changed by line: nothing is
// stored for the others. Mostly that is all of them.
func (m *migration) rewritable(list []profiles.Moved) []profiles.Moved {
	ctx := context.Background()
	if len(list) == 0 {
		return nil
	}
	if _, err := m.home.Rewrite(ctx, list, true); err == nil {
		return list
	}
	return slices.DeleteFunc(list, func(l profiles.Moved) bool {
		_, err := m.home.Rewrite(ctx, []profiles.Moved{l}, true)
		if err != nil {
			m.skip(hint.Add(err, "store it, and write its reference there yourself: wg-run secret set "+names.Or(l.Name, "NAME")))
		}
		return err != nil
	})
}

// judge says why the value of a leftover cannot be moved as it is.
func (m *migration) judge(l profiles.Leftover) error {
	value := os.Getenv(l.Variable)
	switch {
	case inject.IsNeeded(l.Variable):
		return fmt.Errorf("programs need the variable %s: it can hold no secret", l.Variable)
	case value == "":
		return hint.Add(fmt.Errorf("%s is not set in this shell", variableName(l.Variable)),
			fmt.Sprintf("export it and run this again, or store it: wg-run secret set %s", names.Or(l.Name, "NAME")))
	case l.Profile == "":
		return nil
	}
	// What a run takes today: another store may have an entry that comes first.
	quiet := *m.r
	quiet.Say = nil
	today, err := quiet.Resolve(context.Background(), resolve.Auto(l.Profile, l.Variable))
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	defer today.Wipe()
	if today.Source != "env" && today.Source != m.scheme && string(today.Bytes()) != value {
		return hint.Add(fmt.Errorf("a run takes its key from %s:%s today, and that is not what %s holds",
			today.Source, names.Or(l.Profile, "…"), variableName(l.Variable)),
			fmt.Sprintf("write into it: api_key_ref = \"%s:%s\"", today.Source, names.Or(l.Profile, "NAME")))
	}
	return nil
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
		if _, err := m.r.Set(context.Background(), m.scheme, name, value); err != nil {
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

// rewrite writes the references into one file.
func (m *migration) rewrite(moved []profiles.Moved) {
	if slices.ContainsFunc(moved, func(l profiles.Moved) bool { return l.OfWg() }) && m.scheme != "keyring" && !m.DryRun {
		say("warning: the wg tool itself does not read " + m.scheme + ": references; where it needs this file, put the old one back")
	}
	ctx, cancel := locking(m.r)
	defer cancel()
	backup, err := m.home.Rewrite(ctx, moved, m.DryRun)
	if err != nil {
		m.skip(err)
		return
	}
	for _, l := range moved {
		m.did("rewrote", "rewrite", "%s: api_key_env = \"%s\" -> api_key_ref = \"%s\"", l.Where(), variableName(l.Variable), m.scheme+":"+names.Or(l.Name, "…"))
		if !slices.Contains(m.moved, l.Variable) {
			m.moved = append(m.moved, l.Variable)
		}
	}
	if backup != "" {
		say("the old file is kept: " + names.ShowPath(filepath.Join(filepath.Dir(moved[0].File), filepath.Base(backup))))
	}
}
