package cli

import (
	"errors"
	"os"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
)

// isolation is what the flags ask for, or below a broker as much as there is: the
// workers of one dispatcher are not to read each other's secrets.
func (f *runFlags) isolation() (inject.Isolation, error) {
	switch {
	case f.Isolate && f.NoIsolate:
		return 0, hint.Add(errors.New("reading the command line: --isolate and --no-isolate can't be used together"), "wg-run --help")
	case f.Isolate:
		return inject.Isolated, nil
	case f.NoIsolate || os.Getenv("WG_BROKER") == "":
		return inject.NotIsolated, nil
	}
	return inject.IsolatedIfPossible, nil
}

// explainIsolation says nothing where nobody asked.
func (f *runFlags) explainIsolation(i inject.Isolation) {
	by := "below a broker"
	switch err := inject.CanIsolate(); {
	case i == inject.NotIsolated && f.NoIsolate:
		row("isolated", "no, by --no-isolate")
	case i == inject.NotIsolated:
	case err != nil:
		row("isolated", "no: %v", err)
	default:
		if f.Isolate {
			by = "by --isolate"
		}
		row("isolated", "yes, %s", by)
	}
}
