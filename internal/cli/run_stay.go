package cli

import (
	"errors"

	"github.com/graphwork/wg-run/inject"
)

// stay says what wg-run stays for.
func (f *runFlags) stay() (inject.Stay, error) {
	o := inject.Stay{Mask: f.Mask, Once: f.Once, RequireRead: f.RequireRead, Tell: func(err error) { complain(err, 0) }}
	if f.Timeout != nil {
		if o.Timeout = *f.Timeout; o.Timeout <= 0 {
			return o, errors.New("reading --timeout: it is not more than nothing")
		}
	}
	return o, nil
}
