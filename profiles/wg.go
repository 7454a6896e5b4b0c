package profiles

import (
	"errors"
	"fmt"
)

// wgEndpoints is the table of a profile that the wg tool wrote. Only what names
// the key is read; all else there is wg's.
type wgEndpoints struct {
	Endpoints []wgEndpoint `toml:"endpoints"`
}

type wgEndpoint struct {
	IsDefault bool   `toml:"is_default"`
	APIKeyRef string `toml:"api_key_ref"`
	APIKeyEnv string `toml:"api_key_env"`
}

// fill takes the key's reference from the default endpoint, or the only one.
func (w *wgEndpoints) fill(p *Profile) error {
	e, err := w.chosen()
	if err != nil || e == nil {
		return err
	}
	p.APIKeyRef, p.APIKeyEnv = e.APIKeyRef, e.APIKeyEnv
	return nil
}

func (w *wgEndpoints) chosen() (*wgEndpoint, error) {
	var defaults []bool
	for _, e := range w.Endpoints {
		defaults = append(defaults, e.IsDefault)
	}
	i, err := chosenOf(defaults)
	if err != nil || i < 0 {
		return nil, err
	}
	return &w.Endpoints[i], nil
}

// chosenOf is the number of the endpoint that a run takes its key from: the one that
// is_default, or the only one. -1 where there are none.
func chosenOf(defaults []bool) (int, error) {
	chosen := -1
	for i, is := range defaults {
		if is && chosen >= 0 {
			return -1, errors.New("two of [[llm_endpoints.endpoints]] have is_default = true")
		}
		if is {
			chosen = i
		}
	}
	if chosen < 0 && len(defaults) > 1 {
		return -1, fmt.Errorf("none of the %d [[llm_endpoints.endpoints]] has is_default = true", len(defaults))
	}
	if chosen < 0 {
		return len(defaults) - 1, nil // the only one, or none
	}
	return chosen, nil
}
