package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type profileUse struct {
	Name   string `arg:"" predictor:"profile" help:"Name of the profile."`
	Except []int  `placeholder:"PID" help:"Leave this broker as it is. May be repeated."`
}

// Run switches to a profile. Every secret of it is resolved first: where one is
// missing the old profile stays the active one, and no worker finds out for us.
func (c *profileUse) Run() error {
	home := profiles.Locate()
	r, err := newResolver(home)
	if err != nil {
		return err
	}
	p, err := home.Profile(c.Name)
	if err != nil {
		return err
	}
	count, err := resolveAll(context.Background(), r, p)
	if err != nil {
		return err
	}
	ctx, cancel := locking(home)
	defer cancel()
	brokers, err := prepareSwitch(ctx, home, p.Name, c.Except)
	if err != nil {
		return err
	}
	defer brokers.close()
	// The brokers are switched under the lock under which the name is.
	if err := home.Use(ctx, p.Name, brokers.commit); err != nil {
		return err
	}
	resolved := "its secret resolves"
	if count > 1 {
		resolved = fmt.Sprintf("its %d secrets resolve", count)
	}
	say(fmt.Sprintf("the active profile is %s; %s", names.Show(p.Name), resolved))
	return nil
}

// resolveAll resolves every secret of a profile and throws the values away.
func resolveAll(ctx context.Context, r *resolve.Resolver, p *profiles.Profile) (int, error) {
	list, err := judged(&r.Settings, p)
	if err != nil {
		return 0, err
	}
	for _, w := range list {
		secret, err := r.Resolve(ctx, w.Ref)
		if err != nil {
			return 0, dangling(&r.Settings, p, w, err)
		}
		secret.Wipe()
	}
	return len(list), nil
}

// judged lists the secrets of a profile that a run would not refuse for itself.
func judged(s *resolve.Settings, p *profiles.Profile) ([]inject.Want, error) {
	var f runFlags
	req := inject.Request{}
	err := f.fill(&req, s, p)
	if err == nil {
		if err = inject.Judge(req); err != nil {
			err = fmt.Errorf("profile %s: %w", names.Show(p.Name), err)
		}
	}
	return req.Secrets, err
}

// dangling says which secret of which profile does not resolve, and why.
func dangling(s *resolve.Settings, p *profiles.Profile, w inject.Want, err error) error {
	shown := names.Show(w.Ref.Path)
	if b := s.BackendOf(w.Ref.Scheme); b != nil && !b.Named {
		shown = w.Ref.String()
	}
	text := fmt.Sprintf("profile %s references secret %s", names.Show(p.Name), shown)
	if errors.Is(err, resolve.ErrNotFound) && w.Ref.Scheme != "auto" {
		return fmt.Errorf("%s but no entry found in %s%w", text, w.Ref.Scheme, said{err})
	}
	return fmt.Errorf("%s, which does not resolve: %w", text, err)
}

// said is a cause that the text before it has told already.
type said struct{ error }

func (said) Error() string   { return "" }
func (s said) Unwrap() error { return s.error }

type profileRm struct {
	Name string `arg:"" predictor:"profile" help:"Name of the profile."`
}

// Run removes a profile, and its name from active-profile.
func (c *profileRm) Run() error {
	home := profiles.Locate()
	ctx, cancel := locking(home)
	defer cancel()
	wasActive, err := home.Remove(ctx, c.Name)
	if err != nil {
		return err
	}
	say("removed profile " + names.Show(c.Name) + "; its secrets stay where they are")
	if wasActive {
		say("hint: it was the active one and none is now; to choose another: wg-run profile use NAME")
	}
	return nil
}
