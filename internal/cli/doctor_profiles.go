package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

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
		switch w.Ref.Scheme {
		case "literal":
			d.add(stateProblem, "profile "+names.Show(p.Name)+" holds a secret itself (literal:)", "wg-run secret set NAME, and in its place: keyring:NAME")
			continue
		case "env":
			d.add(stateProblem, fmt.Sprintf("profile %s: %s is read from the environment, where every program sees it", names.Show(p.Name), w.Ref),
				"wg-run secret set NAME, and in its place: keyring:NAME")
			continue
		}
		switch _, err := d.resolve(ctx, w.Ref); {
		case errors.Is(err, errNotAskedAgain), errors.Is(err, resolve.ErrLocked):
			d.add(stateNote, fmt.Sprintf("profile %s: %s was not asked: %v", names.Show(p.Name), w.Ref, err), "")
		case err != nil:
			d.problem(dangling(p, w, err))
		default:
			fine++
		}
	}
	if fine == len(list) {
		d.add(stateOK, fmt.Sprintf("profile %s: all resolves (%d)", names.Show(p.Name), fine), "")
	}
}

// errNotAskedAgain: the backend has failed or hung already.
var errNotAskedAgain = errors.New("it is not asked again")

// resolve resolves a reference once, and asks no backend that has hung before.
func (d *doctor) resolve(ctx context.Context, ref resolve.Ref) (*resolve.Secret, error) {
	if a, ok := d.asked[ref]; ok {
		return a.secret, a.err
	}
	scheme := ref.Scheme
	if scheme == "auto" {
		scheme = "keyring" // its first step; to go on behind one that failed would be wrong
	}
	if err := d.down[scheme]; resolve.OutcomeOf(err) == resolve.Failed {
		return nil, fmt.Errorf("%w: %w", errNotAskedAgain, err)
	}
	secret, err := d.r.Resolve(ctx, ref)
	if errors.Is(err, resolve.ErrTimeout) {
		d.down[ref.Scheme] = err
	}
	d.asked[ref] = answered{secret, err}
	return secret, err
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

// comparing bounds the search of the environment for what is stored.
const comparing = 10 * time.Second

// checkEnvironment looks for stored secrets in the variables of this shell, as the
// leak guard does.
func (d *doctor) checkEnvironment(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, comparing)
	defer cancel()
	for _, scheme := range d.r.Usable() {
		if d.down[scheme] != nil {
			continue
		}
		list, _ := d.r.List(ctx, scheme) // a failure was told by its backend's check
		for _, name := range list {
			if names.Valid(name) {
				_, _ = d.resolve(ctx, resolve.Ref{Scheme: scheme, Path: name})
			}
		}
	}
	var refs []resolve.Ref
	for ref, a := range d.asked {
		if a.err == nil {
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
			"put wg-run behind them, as: sudo -u USER wg-run … -- WORKER")
	}
}
