package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// checkProfiles reads every profile and resolves every reference, for real.
func (d *doctor) checkProfiles(ctx context.Context) {
	list, err := d.home.List()
	if err != nil {
		d.problem(err)
	}
	active, err := activeName(d.home)
	if err != nil {
		d.problem(err)
	}
	found := active == ""
	for _, name := range list {
		found = found || name == active
		p, err := d.home.Profile(name)
		if err != nil {
			d.problem(err)
			continue
		}
		d.checkProfile(ctx, p)
	}
	if !found {
		d.add(stateProblem, "active-profile names "+names.Show(active)+", and there is no such profile", "wg-run profile use NAME")
	}
}

func (d *doctor) checkProfile(ctx context.Context, p *profiles.Profile) {
	list, err := new(runFlags).wants(p)
	if err != nil {
		d.problem(err)
		return
	}
	fine := 0
	for _, w := range list {
		switch {
		case d.locked[w.Ref.Scheme]:
			d.add(stateNote, fmt.Sprintf("profile %s: %s was not asked: %s is locked", names.Show(p.Name), w.Ref, w.Ref.Scheme), "")
			continue
		case w.Ref.Scheme == "literal":
			d.add(stateProblem, "profile "+names.Show(p.Name)+" holds a secret itself (literal:)", "wg-run secret set NAME, and in its place: keyring:NAME")
			continue
		case w.Ref.Scheme == "env":
			d.add(stateProblem, fmt.Sprintf("profile %s: %s is read from the environment, where every program sees it", names.Show(p.Name), w.Ref),
				"wg-run secret set NAME, and in its place: keyring:NAME")
			continue
		}
		secret, err := d.resolve(ctx, w.Ref)
		if err != nil {
			d.problem(dangling(p, w, err))
			continue
		}
		d.values[w.Ref.String()] = secret
		fine++
	}
	if fine == len(list) {
		d.add(stateOK, fmt.Sprintf("profile %s: all resolves (%d)", names.Show(p.Name), fine), "")
	}
}

// resolve resolves a reference once.
func (d *doctor) resolve(ctx context.Context, ref resolve.Ref) (*resolve.Secret, error) {
	if secret, ok := d.values[ref.String()]; ok {
		return secret, nil
	}
	return d.r.Resolve(ctx, ref)
}

// checkLeftovers names every api_key_env.
func (d *doctor) checkLeftovers(context.Context) {
	list, unread := d.home.Leftovers()
	for _, err := range unread {
		d.problem(err)
	}
	for _, l := range list {
		text, mend := fmt.Sprintf("%s: api_key_env = \"%s\"", l.Where(), l.Variable), "wg-run migrate"
		if !names.ValidVariable(l.Variable) || names.LooksSecret(l.Variable) {
			text = l.Where() + ": api_key_env"
		}
		state := stateProblem
		if l.Problem != nil {
			text, mend = text+": "+l.Problem.Error(), hint.Of(l.Problem)
		}
		if errors.Is(l.Problem, profiles.ErrForeign) {
			state = stateNote
		}
		d.add(state, text, mend)
	}
}

// checkEnvironment looks for stored secrets in the variables of this shell, as the
// leak guard does.
func (d *doctor) checkEnvironment(ctx context.Context) {
	for _, scheme := range d.r.Usable() {
		list, err := d.r.List(ctx, scheme)
		if err != nil || d.locked[scheme] {
			continue
		}
		for _, name := range list {
			ref := resolve.Ref{Scheme: scheme, Path: name}
			if secret, err := d.resolve(ctx, ref); err == nil && names.Valid(name) {
				d.values[ref.String()] = secret
			}
		}
	}
	var refs []string
	for ref := range d.values {
		refs = append(refs, ref)
	}
	sort.Strings(refs)
	for _, entry := range os.Environ() {
		variable, value, _ := strings.Cut(entry, "=")
		for _, ref := range refs {
			if inject.Contains(value, d.values[ref].Bytes()) {
				d.exported(variable, ref)
				break
			}
		}
	}
}

func (d *doctor) exported(variable, ref string) {
	text := fmt.Sprintf("the variable %s holds the secret %s: every program that you start sees it", names.Show(variable), ref)
	for _, t := range tracesOf(variable) {
		text += "; " + t
	}
	d.add(stateProblem, text, hint.Command("unset", variable))
}

// checkLaunchers names programs of this machine behind which a worker finds no
// descriptor, and profiles that allow them.
func (d *doctor) checkLaunchers(context.Context) {
	list, _ := d.home.List()
	for _, name := range list {
		p, err := d.home.Profile(name)
		if err != nil {
			continue
		}
		for _, program := range p.Allow {
			if l := inject.LauncherOf(program); l != nil {
				d.add(stateNote, fmt.Sprintf("profile %s allows %s; what that starts finds no descriptor: %s", names.Show(name), l.Name, l.Why), l.Instead)
			}
		}
	}
	var here []string
	for _, l := range inject.Launchers() {
		if _, err := exec.LookPath(l.Name); err == nil {
			here = append(here, l.Name)
		}
	}
	if len(here) > 0 {
		d.add(stateNote, "a worker behind one of these finds no descriptor: "+strings.Join(here, ", "),
			"put wg-run behind them, as: sudo -u USER wg-run … -- WORKER")
	}
}
