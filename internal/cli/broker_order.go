package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// order reads the policy and looks up what can be asked for only while a person is there.
func (f *brokerFlags) order() (*broker.Order, error) {
	home, err := absolute(profiles.Locate())
	if err != nil {
		return nil, fmt.Errorf("starting the broker: %w", err)
	}
	files, problems, err := home.Snapshot()
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		say(fmt.Sprintf("warning: %v; the broker leaves it out", p))
	}
	home = profiles.Frozen(home.Dir, files)
	r, _, err := settings(home)
	if err != nil {
		return nil, err
	}
	policy, err := policyOf(home)
	if err != nil {
		return nil, err
	}
	o := &broker.Order{Policy: policy, Dispatcher: os.Getpid(), Person: r.Person}
	if f.TTL != nil {
		o.TTL = *f.TTL
	}
	chosen := f.Profile
	if name := os.Getenv("WG_PROFILE"); len(chosen) == 0 && name != "" {
		chosen = []string{name}
	} else if len(chosen) == 0 && policy.Active != "" {
		chosen = []string{policy.Active}
	}
	for _, name := range chosen {
		if err := lookUp(o, r, home, name); err != nil {
			return nil, err
		}
	}
	unlockOthers(r, policy)
	o.Identity = r.OpenedIdentity()
	return o, nil
}

// lookUp resolves the secrets of a profile: a dispatcher whose workers could not start is
// not started.
func lookUp(o *broker.Order, r *resolve.Resolver, home profiles.Home, name string) error {
	p, err := home.Profile(name)
	if errors.Is(err, profiles.ErrNoProfile) { // one that cannot be read was left out
		_, err = profiles.Home{Dir: home.Dir}.Profile(name)
	}
	if err != nil {
		return err
	}
	if _, err := judged(&r.Settings, p); err != nil {
		return err
	}
	for _, w := range o.Policy.Profiles[name] {
		secret, err := r.Resolve(context.Background(), w.Ref)
		if err != nil {
			return dangling(&r.Settings, p, inject.Want{Name: w.Name, Ref: w.Ref}, err)
		}
		v := brokerValue(secret)
		v.Profile, v.Name = name, w.Name
		o.Values = append(o.Values, v)
	}
	return nil
}

// unlockOthers opens the stores that other profiles name: later nobody is asked for a
// passphrase.
func unlockOthers(r *resolve.Resolver, p *broker.Policy) {
	done := map[string]bool{}
	for _, wants := range p.Profiles {
		for _, w := range wants {
			if done[w.Ref.Scheme] || !slices.Contains(r.Usable(), w.Ref.Scheme) {
				continue
			}
			done[w.Ref.Scheme] = true
			if err := r.Unlock(context.Background(), w.Ref.Scheme); err != nil {
				say(fmt.Sprintf("warning: %v; profiles that need it will not work", err))
			}
		}
	}
}
