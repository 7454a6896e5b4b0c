package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
)

// tellRaw is complain where the terminal may be raw.
func tellRaw(err error, raw bool) {
	end := "\n"
	if raw {
		end = "\r\n"
	}
	fmt.Fprint(os.Stderr, strings.Join(complaint(err), end)+end)
}

// errNoTime: a time of 0 ends nothing, or all.
var errNoTime = hint.Add(errors.New("reading --timeout: it has to be longer than 0"), durationHint+"; without the flag there is no limit")

// stay says what wg-run stays for.
func (f *runFlags) stay() (inject.Stay, error) {
	o := inject.Stay{Mask: f.Mask, Once: f.Once, RequireRead: f.RequireRead, Tell: tellRaw}
	if f.Timeout != nil {
		if o.Timeout = *f.Timeout; o.Timeout <= 0 {
			return o, errNoTime
		}
	}
	return o, nil
}
