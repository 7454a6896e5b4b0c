package inject

import "github.com/graphwork/wg-run/inject/mask"

// Unmasked names the secrets that are too short to be masked.
func (p *Plan) Unmasked() (list []string) {
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; !mask.Masks(d.secret.Bytes()) {
			list = append(list, d.Name)
		}
	}
	return list
}
