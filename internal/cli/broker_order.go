package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// preparation is what goes before a dispatcher: a policy, and what can be asked for only
// while a person is there.
type preparation struct {
	home   profiles.Home // frozen
	r      *resolve.Resolver
	order  *broker.Order
	stock  broker.Stock
	chosen []string // the profiles whose secrets are looked up
}

// preparation reads the policy.
func (f *brokerFlags) preparation() (*preparation, error) {
	home, err := absolute(profiles.Locate())
	if err != nil {
		return nil, fmt.Errorf("starting the broker: %w", err)
	}
	files, problems, err := home.Snapshot()
	if err != nil {
		return nil, err
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
	maps.Copy(policy.Problems, problems)
	for _, name := range slices.Sorted(maps.Keys(policy.Problems)) {
		say(fmt.Sprintf("warning: %v; the broker leaves it out", policy.Problems[name]))
	}
	p := &preparation{home: home, r: r, order: &broker.Order{Policy: policy, Dispatcher: os.Getpid(), Person: r.Person}, chosen: f.Profile}
	if f.TTL != nil {
		p.order.TTL = *f.TTL
	}
	if name := os.Getenv("WG_PROFILE"); len(p.chosen) == 0 && name != "" {
		p.chosen = []string{name}
	} else if len(p.chosen) == 0 && policy.Active != "" {
		p.chosen = []string{policy.Active}
	}
	for _, name := range p.chosen {
		if err := p.judge(name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// judge refuses a profile that no run could use.
func (p *preparation) judge(name string) error {
	profile, err := p.home.Profile(name)
	if errors.Is(err, profiles.ErrNoProfile) { // one that cannot be read was left out
		_, err = profiles.Home{Dir: p.home.Dir}.Profile(name)
	}
	if err == nil {
		_, err = judged(&p.r.Settings, profile)
	}
	return err
}

// launch starts the broker, and then looks secrets up and unlocks stores: what somebody
// changes while a person is asked, a broker that listens is told.
func (p *preparation) launch() (broker.Address, error) {
	defer p.wipe()
	if err := inject.CanMark(); err != nil {
		say(fmt.Sprintf("warning: the broker cannot tell what a worker starts from the dispatcher: %v", err))
	} else if err := inject.CanIsolate(); err != nil {
		say(fmt.Sprintf("warning: workers can look into the dispatcher and each other: %v", err))
	}
	a, err := broker.Launch(p.order)
	if err != nil {
		return broker.Address{}, err
	}
	defer a.Close()
	if err := p.follow(a.Address); err != nil {
		return broker.Address{}, err
	}
	for _, name := range p.chosen {
		if err := p.lookUp(name); err != nil {
			return broker.Address{}, err
		}
	}
	p.unlockOthers()
	p.stock.Identity = p.r.OpenedIdentity()
	return a.Address, a.Supply(&p.stock)
}

// follow has the broker read the files again where they changed before it listened.
func (p *preparation) follow(a broker.Address) error {
	files, _, err := profiles.Home{Dir: p.home.Dir}.Snapshot()
	if err == nil && !maps.EqualFunc(files, p.home.Files(), slices.Equal) {
		_, err = a.Reload(p.home.Dir, lookupTime(p.home))
	}
	if err != nil {
		return hint.Add(fmt.Errorf("starting the broker: %w", err), hint.Of(err))
	}
	return nil
}

func (p *preparation) wipe() {
	for _, v := range p.stock.Values {
		clear(v.Secret)
	}
	clear(p.stock.Identity)
}

// lookUp resolves the secrets of a profile: a dispatcher whose workers could not start is
// not started.
func (p *preparation) lookUp(name string) error {
	profile, err := p.home.Profile(name)
	if err != nil {
		return err
	}
	for _, w := range p.order.Policy.Profiles[name] {
		secret, err := p.r.Resolve(context.Background(), w.Ref)
		if err != nil {
			return dangling(&p.r.Settings, profile, inject.Want{Name: w.Name, Ref: w.Ref}, err)
		}
		v := brokerValue(secret)
		v.Profile, v.Name = name, w.Name
		p.stock.Values = append(p.stock.Values, v)
	}
	return nil
}

// unlockOthers opens the stores that other profiles name: the broker asks nobody for a
// passphrase.
func (p *preparation) unlockOthers() {
	done := map[string]bool{}
	for _, wants := range p.order.Policy.Profiles {
		for _, w := range wants {
			if done[w.Ref.Scheme] || !slices.Contains(p.r.Usable(), w.Ref.Scheme) {
				continue
			}
			done[w.Ref.Scheme] = true
			if err := p.r.Unlock(context.Background(), w.Ref.Scheme); err != nil {
				say(fmt.Sprintf("warning: %v; profiles that need it will not work", err))
			}
		}
	}
}
