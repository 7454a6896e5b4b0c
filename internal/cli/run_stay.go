package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/graphwork/wg-run/inject"
)

// tellRaw is complain where the terminal may be raw.
func tellRaw(err error, raw bool) {
	end := "\n"
	if raw {
		end = "\r\n"
	}
	fmt.Fprint(os.Stderr, strings.Join(complaint(err), end)+end)
}

// stay says what wg-run stays for.
func (f *runFlags) stay() (inject.Stay, error) {
	o := inject.Stay{Mask: f.Mask, Once: f.Once, RequireRead: f.RequireRead, Tell: tellRaw}
	if f.Timeout != nil {
		if o.Timeout = *f.Timeout; o.Timeout <= 0 {
			return o, errors.New("reading --timeout: it is not more than nothing")
		}
	}
	return o, nil
}
