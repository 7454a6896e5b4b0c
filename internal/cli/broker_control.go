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
	Reload brokerReload `cmd:"" help:"Have your brokers read profiles, settings and the password managers' programs anew."`
}

var brokerGrammar = reflect.TypeFor[brokerFlags]()

// Help is shown by --help.
func (brokerCmd) Help() string {
	return `wg-run broker -- DISPATCHER executes DISPATCHER in place, beside a broker that ends with
it. The runs of wg-run that DISPATCHER starts with a profile ask the broker: each secret is
looked up once, and profiles and settings are those of its start. A worker, and what it
starts, gets nothing from it. DISPATCHER has to hand on WG_BROKER to its runs.

  --ttl D            how long a secret is kept before it is looked up again,
                     as 30m (default: as long as the dispatcher runs)
  --profile NAME     look up this profile's secrets before the dispatcher
                     starts (default: $WG_PROFILE, else the active one);
                     may be repeated

Stores that other profiles name are unlocked before it starts, too: the broker asks nobody
for a passphrase later.`
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

type brokerForget struct {
	Ref string `arg:"" optional:"" predictor:"ref" help:"Reference to forget (default: all)."`
}

// Run has every broker forget.
func (c *brokerForget) Run() error {
	var keys []string
	if c.Ref != "" {
		ref, err := known(profiles.Locate()).ParseRef(c.Ref)
		if err != nil {
			return hint.Add(fmt.Errorf("reading the reference: %w", err), "as wg-run profile show NAME prints it, as keyring:openrouter; all of them: wg-run broker forget")
		}
		keys = append(keys, broker.Key(ref))
	}
	list, err := brokers()
	if err != nil {
		return err
	}
	counts := make([]int, len(list))
	err = tell(list, func(i int, a broker.Address) (err error) {
		counts[i], err = a.Forget(keys...)
		return err
	})
	total := 0
	for _, n := range counts {
		total += n
	}
	switch {
	case total > 0 || err == nil && c.Ref == "":
		say(counted(total, "answer") + " forgotten")
	case err == nil:
		say("no broker of yours holds that")
	}
	return err
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
	reloaded := make([]bool, len(list))
	if err := tell(list, func(i int, a broker.Address) error {
		others, err := a.Reload(home.Dir, lookupTime(home))
		reloaded[i] = err == nil && !others
		return err
	}); err != nil {
		return err
	}
	n := 0
	for _, done := range reloaded {
		if done {
			n++
		}
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
	_ = tell(list, func(_ int, a broker.Address) error {
		_, err := a.Forget(scheme+":"+name, "auto:"+name)
		if unlessGone(err) != nil {
			say(fmt.Sprintf("warning: %v; it may go on handing out what it holds", err))
		}
		return nil
	})
}

// tell has each broker do something, all at once: one that hangs keeps no other from it.
// What has ended meanwhile is no failure.
func tell(list []broker.Address, do func(i int, a broker.Address) error) error {
	failed := make([]error, len(list))
	var each sync.WaitGroup
	for i, a := range list {
		each.Go(func() { failed[i] = unlessGone(do(i, a)) })
	}
	each.Wait()
	return errors.Join(failed...)
}
