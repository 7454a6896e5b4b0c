package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
)

type brokerCmd struct {
	Status brokerStatus `cmd:"" help:"Show your brokers: what they hold, and how often they were asked."`
	Forget brokerForget `cmd:"" help:"Have your brokers forget what they hold, so that it is looked up again."`
	Reload brokerReload `cmd:"" help:"Have your brokers read profiles and settings anew."`
}

var brokerGrammar = reflect.TypeFor[brokerFlags]()

// Help is shown by --help.
func (brokerCmd) Help() string {
	return `wg-run broker [--ttl D] [--strict] [--profile NAME]... -- DISPATCHER [ARG...] executes DISPATCHER in
place, beside a broker that ends with it. Whatever wg-run it starts asks the broker: each
secret is looked up once, and profiles and settings are those of its start. What a worker
starts gets nothing from it.

  --ttl D            how long a secret is kept before it is looked up again, as 30m
                     (default: as long as the dispatcher runs)
  --strict           have a run fail that cannot ask the broker, rather than resolve by itself
  --profile NAME     look up this profile's secrets before the dispatcher starts (default:
                     $WG_PROFILE, else the active one); may be repeated

Stores that other profiles name are unlocked before it starts, too: later nobody is asked
for a passphrase.`
}

// dispatcherLine refuses a line that was meant to start a dispatcher and has no "--".
func dispatcherLine(args []string) error {
	known := []string{"status", "forget", "reload", "--help", "-h"}
	if args[0] != "broker" || len(args) > 1 && (slices.Contains(known, args[1]) || names.Near(args[1], known) != "") {
		return nil
	}
	return hint.Add(errors.New("reading the command line: there is no '--' before the dispatcher"), "wg-run broker -- DISPATCHER [ARG...]; or see wg-run broker --help")
}

var errNoBroker = errors.New("no broker of yours is running")

// brokers are this user's, where there are any.
func brokers() ([]broker.Address, error) {
	home, err := absolute(profiles.Locate())
	if err != nil {
		home = profiles.Home{}
	}
	list := broker.Live(home.Dir)
	if len(list) == 0 {
		return nil, hint.Add(errNoBroker, "to start one: wg-run broker -- DISPATCHER [ARG...]")
	}
	return list, nil
}

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
	bad := false
	for _, a := range list {
		s, err := a.Status()
		if errors.Is(err, broker.ErrGone) {
			continue
		}
		if err != nil {
			bad = true
			complain(err, exitNo)
			continue
		}
		all = append(all, s)
	}
	if c.JSON {
		err = printJSON(map[string]any{"brokers": all})
	} else {
		err = nil
		for _, s := range all {
			printStatus(s)
		}
	}
	switch {
	case err != nil:
		return err
	case bad || c.JSON && len(all) == 0:
		return errSaid
	case len(all) == 0:
		return errNoBroker
	}
	return nil
}

func printStatus(s broker.Status) {
	row("broker", "%d, for the dispatcher %d, since %s", s.PID, s.Dispatcher, s.Since)
	row("home", "%s", s.Home)
	row("profiles", "%s; active: %s", counted(len(s.Profiles), "profile"), names.Or(s.Active, "none"))
	kept := "as long as the dispatcher runs"
	if s.TTL != "" {
		kept = "for " + s.TTL
	}
	row("holds", "%s, kept %s", counted(s.Entries, "secret"), kept)
	row("asked", "%s, %s of a backend, %s refused", counted(s.Hits, "hit"), counted(s.Lookups, "lookup"), counted(s.Refused, "request"))
	if !s.Locked {
		row("memory", "not all of it could be locked (ulimit -l): it may be swapped")
	}
}

type brokerForget struct {
	Ref string `arg:"" optional:"" predictor:"ref" help:"Reference to forget (default: all)."`
}

// Run has every broker forget.
func (c *brokerForget) Run() error {
	var keys []string
	if c.Ref != "" {
		ref, err := known(profiles.Locate()).ParseRef(c.Ref)
		if err != nil {
			return fmt.Errorf("reading the reference: %w", err)
		}
		keys = append(keys, broker.Key(ref))
	}
	list, err := brokers()
	if err != nil {
		return err
	}
	total := 0
	var failed []error
	for _, a := range list {
		n, err := a.Forget(keys...)
		total += n
		failed = append(failed, unlessGone(err))
	}
	say(fmt.Sprintf("%s forgotten", counted(total, "secret")))
	return errors.Join(failed...)
}

type brokerReload struct{}

// Run has every broker of this home read its files anew.
func (c *brokerReload) Run() error {
	home, err := absolute(profiles.Locate())
	if err != nil {
		return err
	}
	list, err := brokers()
	if err != nil {
		return err
	}
	n := 0
	var failed []error
	for _, a := range list {
		others, err := a.Reload(home.Dir)
		if err == nil && !others {
			n++
		}
		failed = append(failed, unlessGone(err))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if n == 0 {
		return hint.Add(fmt.Errorf("%w with the home %s", errNoBroker, home.Dir), "to start one: wg-run broker -- DISPATCHER [ARG...]")
	}
	say(counted(n, "broker") + " reloaded")
	return nil
}

// tellStored has every broker forget an entry that was stored or removed. That it is
// stored is true whatever they say.
func tellStored(scheme, name string) {
	list, _ := brokers()
	for _, a := range list {
		if _, err := a.Forget(scheme+":"+name, "auto:"+name); unlessGone(err) != nil {
			say(fmt.Sprintf("warning: %v; it may go on handing out what it holds", err))
		}
	}
}

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
		all.Go(func() { made[i], failed[i] = a.Prepare(home.Dir, name) })
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
