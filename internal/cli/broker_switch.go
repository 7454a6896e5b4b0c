package cli

import (
	"errors"
	"fmt"
	"sync"

	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/profiles"
)

// switches are the brokers of one home that a profile is switched in.
type switches []*broker.Switch

// prepareSwitch has all brokers of home look up a profile's secrets; none switches if
// one cannot.
func prepareSwitch(home profiles.Home, name string) (switches, error) {
	home, err := absolute(home)
	if err != nil {
		return nil, err
	}
	list := broker.Live(home.Dir)
	made, failed := make([]*broker.Switch, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, a := range list {
		all.Go(func() {
			made[i], failed[i] = a.Prepare(home.Dir, name)
			if failed[i] != nil && a.Doubtful { // a worker is not to keep a person from switching
				say(fmt.Sprintf("warning: %v; it has the mark of a worker, and is left as it is", failed[i]))
				failed[i] = nil
			}
		})
	}
	all.Wait()
	var s switches
	for _, m := range made {
		if m != nil {
			s = append(s, m)
		}
	}
	for i := range failed {
		failed[i] = unlessGone(failed[i])
	}
	if err := errors.Join(failed...); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// unlessGone is err, and nil where the broker has ended.
func unlessGone(err error) error {
	if errors.Is(err, broker.ErrGone) {
		return nil
	}
	return err
}

// commit switches all of them, and then has do done; where one of these fails all is as
// it was.
func (s switches) commit(do func() error) error {
	for i, m := range s {
		if err := unlessGone(m.Commit()); err != nil {
			return errors.Join(err, s[:i+1].undo())
		}
	}
	if err := do(); err != nil {
		return errors.Join(err, s.undo())
	}
	return nil
}

func (s switches) undo() error {
	var failed []error
	for _, m := range s {
		failed = append(failed, unlessGone(m.Undo()))
	}
	return errors.Join(failed...)
}

func (s switches) close() {
	for _, m := range s {
		m.Close()
	}
}
