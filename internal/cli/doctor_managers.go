package cli

import (
	"slices"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/resolve"
)

// checkManager tells what is wrong with a manager. It is a problem of the profiles
// that name it, which are asked, and not of this machine.
func (d *doctor) checkManager(s backendState) {
	users := slices.ContainsFunc(d.r.Managers, func(b resolve.Backend) bool { return b.Scheme == s.Backend })
	switch {
	case s.err == nil && users:
		d.add(stateOK, s.Backend+" is ready", "")
	case s.err == nil, resolve.OutcomeOf(s.err) == resolve.Unavailable && !users:
	case s.SignedOut && !users && !d.named(s.Backend): // nobody has to be
	default:
		d.add(stateNote, s.Backend+": "+s.Why, s.Hint)
	}
}

// named reports whether a profile has a reference of that scheme.
func (d *doctor) named(scheme string) bool {
	list, _ := d.home.List()
	return slices.ContainsFunc(list, func(name string) bool {
		p, err := d.home.Profile(name)
		if err != nil {
			return false // which checkProfiles says
		}
		wants, _ := judged(&d.r.Settings, p)
		return slices.ContainsFunc(wants, func(w inject.Want) bool { return w.Ref.Scheme == scheme })
	})
}
