package cli

import (
	"errors"

	"github.com/graphwork/wg-run/inject"
)

// stay says what wg-run stays for; the zero value is that it does not.
func (f *runFlags) stay() (inject.Stay, error) {
	var o inject.Stay
	if f.Timeout != nil {
		if o.Timeout = *f.Timeout; o.Timeout <= 0 {
			return o, errors.New("reading --timeout: it is not more than nothing")
		}
	}
	return o, nil
}
