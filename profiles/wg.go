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
	var chosen *wgEndpoint
	for i := range w.Endpoints {
		if !w.Endpoints[i].IsDefault {
			continue
		}
		if chosen != nil {
			return nil, errors.New("two of [[llm_endpoints.endpoints]] have is_default = true")
		}
		chosen = &w.Endpoints[i]
	}
	switch {
	case chosen != nil:
		return chosen, nil
	case len(w.Endpoints) == 1:
		return &w.Endpoints[0], nil
	case len(w.Endpoints) > 1:
		return nil, fmt.Errorf("none of the %d [[llm_endpoints.endpoints]] has is_default = true", len(w.Endpoints))
	}
	return nil, nil
}
