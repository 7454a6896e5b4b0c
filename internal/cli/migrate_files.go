package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// moveAll moves the variables of all leftovers, file by file.
func (m *migration) moveAll(list []profiles.Leftover) error {
	markCollisions(list)
	m.noteReferences()
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

// noteReferences finds which names in the default backend profiles refer to.
func (m *migration) noteReferences() {
	m.referenced = map[string]string{}
	list, _ := m.home.List()
	for _, name := range list {
		p, err := m.home.Profile(name)
		if err != nil {
			continue // it cannot be run, either
		}
		refs := []string{p.APIKeyRef}
		for _, s := range p.Secrets {
			refs = append(refs, s.Ref)
		}
		for _, text := range refs {
			if ref, err := m.r.ParseRef(text); err == nil && (ref.Scheme == m.scheme || ref.Scheme == "auto") {
				m.referenced[ref.Path] = name
			}
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
		if l.Profile != "" {
			m.awaited[l.Profile] = l.Variable // until it is rewritten
		}
		if l.Problem == nil {
			l.Problem = m.judge(l)
		}
		switch {
		case errors.Is(l.Problem, errStore):
			return l.Problem
		case errors.Is(l.Problem, profiles.ErrForeign):
			m.did("left", "leave", "%s: %v", l.Where(), l.Problem)
		case l.Problem != nil:
			m.skip(fmt.Errorf("%s: %w", l.Where(), l.Problem))
		default:
			ready = append(ready, profiles.Moved{Leftover: l, Ref: m.scheme + ":" + l.Name})
		}
	}
	stored, err := m.storeAll(m.rewritable(ready))
	if err == nil && len(stored) > 0 {
		m.rewrite(stored)
	}
	return err
}

// storeAll stores the values of those, and returns those that are stored.
func (m *migration) storeAll(list []profiles.Moved) (stored []profiles.Moved, err error) {
	for _, l := range list {
		known, err := m.keep(l.Name, resolve.NewSecret([]byte(os.Getenv(l.Variable))), variableName(l.Variable))
		switch {
		case errors.Is(err, errStore):
			return nil, err
		case err != nil:
			m.skip(fmt.Errorf("%s: %w", l.Where(), err))
			continue
		case !known:
			m.did("stored", "store", "%s as %s:%s", variableName(l.Variable), m.scheme, names.Or(l.Name, "…"))
		}
		stored = append(stored, l)
	}
	return stored, nil
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
	}
	if by, ok := m.referenced[l.Name]; ok {
		if _, err := m.stored(l.Name); resolve.OutcomeOf(err) == resolve.NotFound {
			return hint.Add(fmt.Errorf("profile %s refers to a secret %s already, which is not stored: it would get this one", names.Show(by), names.Show(l.Name)),
				"wg-run secret set NAME, and write its reference there")
		}
	}
	if l.Profile == "" {
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

// rewrite writes the references into one file.
func (m *migration) rewrite(moved []profiles.Moved) {
	if slices.ContainsFunc(moved, func(l profiles.Moved) bool { return l.OfWg() }) && m.scheme != "keyring" && !m.DryRun {
		say("warning: the wg tool itself does not read " + m.scheme + ": references; where it needs this file, put the old one back")
	}
	ctx, cancel := locking(m.home)
	defer cancel()
	backup, err := m.home.Rewrite(ctx, moved, m.DryRun)
	if err != nil {
		m.skip(err)
		return
	}
	for _, l := range moved {
		delete(m.awaited, l.Profile)
		m.did("rewrote", "rewrite", "%s: api_key_env = \"%s\" -> api_key_ref = \"%s\"", l.Where(), variableName(l.Variable), m.scheme+":"+names.Or(l.Name, "…"))
		if !slices.Contains(m.moved, l.Variable) {
			m.moved = append(m.moved, l.Variable)
		}
	}
	if backup != "" {
		say("the old file is kept: " + names.ShowPath(backup))
	}
}
