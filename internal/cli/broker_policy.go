package cli

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// policyOf is what the files of a home mean to a broker. Profiles that no run could use
// are left out.
func policyOf(home profiles.Home) (*broker.Policy, error) {
	r, config, err := settings(home)
	if err != nil {
		return nil, err
	}
	p := &broker.Policy{Home: home.Dir, Files: home.Files(), Profiles: map[string][]broker.Want{}, Timeout: config.Timeout, Packed: map[string]map[string][]byte{}, Problems: map[string]error{}}
	if p.Active, err = home.Active(); err != nil && !errors.Is(err, profiles.ErrNoneActive) {
		return nil, err
	}
	if p.Packed[""], err = home.Pack(""); err != nil {
		return nil, err
	}
	list, err := home.List()
	if err != nil {
		return nil, err
	}
	var refs []resolve.Ref
	for _, name := range list {
		wants, err := sharedWants(home, &r.Settings, name)
		if err != nil {
			p.Problems[name] = err
			continue
		}
		if p.Packed[name], err = home.Pack(name); err != nil {
			return nil, err
		}
		p.Profiles[name] = wants
		for _, w := range wants {
			refs = append(refs, w.Ref)
		}
	}
	p.Programs = r.FindPrograms(refs)
	return p, nil
}

// sharedWants are the secrets of a profile that a broker can answer.
func sharedWants(home profiles.Home, s *resolve.Settings, name string) ([]broker.Want, error) {
	profile, err := home.Profile(name)
	if err != nil {
		return nil, err
	}
	all, err := (&runFlags{}).wants(s, profile)
	if err != nil {
		return nil, err
	}
	list := []broker.Want{}
	for _, w := range all {
		if s.Shared(w.Ref) {
			list = append(list, broker.Want{Name: w.Name, Ref: w.Ref})
		}
	}
	return list, nil
}

// absolute is home by a path that means the same in every folder.
func absolute(home profiles.Home) (profiles.Home, error) {
	if _, err := home.Path(); err != nil {
		return home, err
	}
	dir, err := filepath.Abs(home.Dir)
	if err != nil {
		return home, fmt.Errorf("finding %s: %w", home.Dir, err)
	}
	return profiles.Home{Dir: dir}, nil
}

func readPolicy(dir, active string) (*broker.Policy, error) {
	files, problems, err := profiles.Home{Dir: dir}.Snapshot()
	if err != nil {
		return nil, err
	}
	if active != "" {
		if files["profiles/"+active+".toml"] == nil {
			_, err := profiles.Home{Dir: dir}.Profile(active) // for its words
			return nil, errors.Join(profiles.ErrNoProfile, err)
		}
		files["active-profile"] = []byte(active + "\n")
	}
	p, err := parsePolicy(dir, files)
	if err == nil {
		maps.Copy(p.Problems, problems)
	}
	return p, err
}

func parsePolicy(dir string, files map[string][]byte) (*broker.Policy, error) {
	return policyOf(profiles.Frozen(dir, files))
}
