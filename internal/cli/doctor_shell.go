package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/resolve"
)

// comparing bounds the search of the environment for what is stored.
const comparing = 10 * time.Second

// checkEnvironment looks for stored secrets in the variables of this shell, as the
// leak guard does.
func (d *doctor) checkEnvironment(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, comparing)
	defer cancel()
	d.askAll(ctx)
	var refs []resolve.Ref
	for ref, a := range d.asked {
		if a.err == nil && a.secret.Source != "env" { // that is where it is to be taken from first
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b resolve.Ref) int { return strings.Compare(a.String(), b.String()) })
	environ := os.Environ()
	found := map[string]bool{}
	for _, ref := range refs {
		holds := inject.Finder(d.asked[ref].secret.Bytes())
		for _, entry := range environ {
			variable, value, _ := strings.Cut(entry, "=")
			if !found[variable] && ctx.Err() == nil && holds(value) {
				found[variable] = true
				d.exported(variable, ref.String())
			}
		}
	}
	if ctx.Err() != nil {
		d.add(stateNote, fmt.Sprintf("there is too much to compare the environment with in %v: not all of it was", comparing), "")
	}
}

// askAll asks the stores for all that they have, and says which could not be.
func (d *doctor) askAll(ctx context.Context) {
	for _, scheme := range d.r.Usable() {
		err := d.down[scheme]
		var list []string
		if err == nil {
			list, err = d.r.List(ctx, scheme)
		}
		if resolve.OutcomeOf(err) == resolve.Failed {
			d.add(stateNote, "the environment was not compared with what is in "+scheme+", which does not answer", "")
		}
		for _, name := range list {
			if names.Valid(name) && ctx.Err() == nil {
				_, _ = d.resolve(ctx, resolve.Ref{Scheme: scheme, Path: name})
			}
		}
	}
}

func (d *doctor) exported(variable, ref string) {
	text := fmt.Sprintf("the variable %s holds the secret %s: every program that you start sees it", names.Show(variable), ref)
	if !names.ValidVariable(variable) || names.LooksSecret(variable) {
		d.add(stateProblem, text, "look where it is set")
		return
	}
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
			"put wg-run behind it, as: sudo -u USER wg-run … -- WORKER; for Python and Node: docs/workers.md")
	}
}
