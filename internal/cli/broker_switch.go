package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// switches are the brokers of one home that a profile is switched in.
type switches struct {
	each []*broker.Switch
	turn func() // ends it for the next one who switches
}

// prepareSwitch has all brokers of home, but for some, look up a profile's secrets; none
// switches if one cannot.
func prepareSwitch(ctx context.Context, home profiles.Home, name string, but []int) (*switches, error) {
	home, err := absolute(home)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(broker.Live(home.Dir), func(a broker.Address) bool { return slices.Contains(but, a.PID()) })
	s := &switches{turn: func() {}}
	if len(list) == 0 {
		return s, nil
	}
	// Two who have brokers prepare at the same time, in other orders, would be in each other's way.
	if s.turn, err = home.Turn(ctx); err != nil {
		return nil, err
	}
	made, failed := make([]*broker.Switch, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, a := range list {
		all.Go(func() {
			made[i], failed[i] = a.Prepare(home.Dir, name, lookupTime(home))
			failed[i] = exceptHint(unlessGone(failed[i]), a, name)
		})
	}
	all.Wait()
	for _, m := range made {
		if m != nil {
			s.each = append(s.each, m)
		}
	}
	if err := errors.Join(failed...); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// lookupTime bounds what a broker takes to look secrets up: it may have to wait for a person.
func lookupTime(home profiles.Home) time.Duration {
	config, _ := home.Config()
	return (&resolve.Settings{Timeout: config.Timeout, Person: true}).Deadline()
}

// exceptHint says how to go on without a broker that nobody may need.
func exceptHint(err error, a broker.Address, name string) error {
	if err == nil || !a.Doubtful {
		return err
	}
	return hint.Add(err, fmt.Sprintf("if it is none of yours, to leave it as it is: wg-run profile use --except %d %s", a.PID(), names.Or(name, "NAME")))
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
func (s *switches) commit(do func() error) error {
	// What interrupts us waits: each word is answered within seconds.
	held := make(chan os.Signal, 8)
	signal.Notify(held, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(held)
	if err := s.all((*broker.Switch).Commit); err != nil {
		return errors.Join(err, s.all((*broker.Switch).Undo))
	}
	if err := do(); err != nil {
		return errors.Join(err, s.all((*broker.Switch).Undo))
	}
	if err := s.all((*broker.Switch).Keep); err != nil {
		return fmt.Errorf("the active profile is switched; %w", err)
	}
	return nil
}

// all says a word to all of them at once.
func (s *switches) all(word func(*broker.Switch) error) error {
	failed := make([]error, len(s.each))
	var each sync.WaitGroup
	for i, m := range s.each {
		each.Go(func() { failed[i] = unlessGone(word(m)) })
	}
	each.Wait()
	return errors.Join(failed...)
}

func (s *switches) close() {
	for _, m := range s.each {
		m.Close()
	}
	s.turn()
}
