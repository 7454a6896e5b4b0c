package cli

import (
	"errors"

	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/names"
)

type brokerStatus struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run shows every broker.
func (c *brokerStatus) Run() error {
	list, err := brokers()
	if err != nil && !(c.JSON && errors.Is(err, errNoBroker)) {
		return err
	}
	all := []broker.Status{}
	failed := []string{}
	for _, a := range list {
		s, err := a.Status()
		if errors.Is(err, broker.ErrGone) {
			continue
		}
		if err != nil {
			failed = append(failed, names.Escaped(err.Error()))
			complain(err, exitNo)
			continue
		}
		all = append(all, s)
	}
	if c.JSON {
		err = printJSON(map[string]any{"brokers": all, "errors": failed})
	} else {
		err = nil
		for _, s := range all {
			printStatus(s)
		}
	}
	switch {
	case err != nil:
		return err
	case len(failed) > 0 || c.JSON && len(all) == 0:
		return errSaid
	case len(all) == 0:
		return errNoBroker
	}
	return nil
}

func printStatus(s broker.Status) {
	row("broker", "%d, for the dispatcher %d, since %s", s.PID, s.Dispatcher, s.Since)
	row("home", "%s", s.Home)
	active := "none"
	if s.Active != "" {
		active = names.Or(s.Active, "…")
	}
	row("profiles", "%s; active: %s", counted(len(s.Profiles), "profile"), active)
	kept := "as long as the dispatcher runs"
	if s.TTL != "" {
		kept = "for " + s.TTL
	}
	row("holds", "%s, kept %s", counted(s.Entries, "secret"), kept)
	row("asked", "%s, %s of a backend, %s refused", counted(s.Hits, "hit"), counted(s.Lookups, "lookup"), counted(s.Refused, "request"))
	row("workers", "%d that live", s.Workers)
	if !s.Locked {
		row("memory", "not all of it could be locked (ulimit -l): it may be swapped")
	}
}
