package cli

import (
	"context"
	"errors"
	"fmt"

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
	list, err := judged(&d.r.Settings, p)
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
		case isNotAsked(err), errors.Is(err, resolve.ErrLocked):
			d.add(stateNote, fmt.Sprintf("profile %s: it is not known whether %s resolves: %v", names.Show(p.Name), w.Ref, err), "")
		case err != nil:
			d.problem(dangling(&d.r.Settings, p, w, err))
		default:
			fine++
		}
	}
	if fine == len(list) {
		d.add(stateOK, fmt.Sprintf("profile %s: all resolves (%d)", names.Show(p.Name), fine), "")
	}
}

// notAsked is the error of a backend that has failed already.
type notAsked struct{ error }

func (n notAsked) Unwrap() error { return n.error }

func isNotAsked(err error) bool {
	_, ok := errors.AsType[notAsked](err)
	return ok
}

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
		return nil, notAsked{err}
	}
	secret, err := d.r.Resolve(ctx, ref)
	if errors.Is(err, resolve.ErrTimeout) {
		d.down[scheme] = err
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
