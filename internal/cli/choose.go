package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
)

// chosen is the profile of a run, its name, and who chose it.
type chosen struct {
	*profiles.Profile
	name, by string
}

// named is the name of the profile and who chose it: --profile, else $WG_PROFILE, else
// the active one, whose name is still to be found. With --ref or --secret only --profile
// counts: by is "" where no profile is wanted.
func (f *runFlags) named() (name, by string) {
	switch {
	case f.Profile != "":
		return f.Profile, "--profile"
	case f.Ref != "" || len(f.Secret) > 0:
		return "", ""
	case os.Getenv("WG_PROFILE") != "":
		return os.Getenv("WG_PROFILE"), "$WG_PROFILE"
	}
	return "", "active-profile"
}

// choose finds the profile.
func (f *runFlags) choose(home profiles.Home) (c chosen, err error) {
	name, by := f.named()
	if c.by = by; by == "" {
		return c, nil
	}
	if name == "" {
		if name, err = home.Active(); err != nil {
			return c, noneActive(err)
		}
	}
	c.name = name
	if c.Profile, err = home.Profile(name); errors.Is(err, profiles.ErrNoProfile) && c.by != "--profile" {
		err = fmt.Errorf("choosing the profile that %s names: %w", c.by, err)
	}
	return c, err
}

func noneActive(err error) error {
	if !errors.Is(err, profiles.ErrNoneActive) {
		return err
	}
	return hint.Add(fmt.Errorf("choosing the profile: %w", err),
		"wg-run profile use NAME, or: wg-run --profile NAME -- WORKER, or without a profile: wg-run --ref keyring:NAME -- WORKER")
}
