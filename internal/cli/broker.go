package cli

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/hint"
)

// brokerFlags are the flags of a line that starts a dispatcher.
type brokerFlags struct {
	TTL     *time.Duration `name:"ttl" placeholder:"D" help:"How long a secret is kept before it is looked up again, as 30m (default: as long as the dispatcher runs)."`
	Profile []string       `sep:"none" placeholder:"NAME" predictor:"profile" help:"Look up this profile's secrets before the dispatcher starts (default: $$WG_PROFILE, else the active one). May be repeated."`
}

// runBroker becomes the dispatcher, beside a broker that ends with it, or returns the
// exit code.
func runBroker(args, dispatcher []string) int {
	var f brokerFlags
	if err := emptyFlag(args, brokerGrammar); err != nil {
		return complain(err, exitRefused)
	}
	k, err := kong.New(&f, kong.Name("wg-run broker"), kong.NoDefaultHelp())
	if err != nil {
		return complain(err, exitRefused)
	}
	if _, err := k.Parse(args); err != nil {
		return complain(misplaced(restated(err, k.Model, args), args), exitRefused)
	}
	if !broker.Here {
		return complain(fmt.Errorf("starting the broker: %w", broker.ErrUnsupported), exitRefused)
	}
	if inject.Adopts() {
		return stayAsParent()
	}
	if err := f.start(dispatcher); err != nil {
		return complain(err, runCode(err))
	}
	return exitRefused
}

// misplaced says where a flag belongs that is one of a run's.
func misplaced(err error, args []string) error {
	for _, a := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if strings.HasPrefix(a, "--") && !fieldOf(reflect.New(brokerGrammar).Elem(), name).IsValid() && fieldOf(reflect.ValueOf(&runFlags{}).Elem(), name).IsValid() {
			return hint.Add(fmt.Errorf("reading the command line: --%s belongs to a run, not to the broker", name),
				hint.Command("wg-run", "broker", "--", "DISPATCHER")+", and in what that starts: "+hint.Command("wg-run", "--"+name)+" … -- WORKER")
		}
	}
	return err
}

// stayAsParent has another process be the dispatcher: the broker would become this one's child.
func stayAsParent() int {
	self, err := inject.Self()
	if err != nil {
		return complain(fmt.Errorf("staying as the parent: %w", err), exitRefused)
	}
	code, err := self.Stay(inject.Stay{})
	if err != nil {
		return complain(fmt.Errorf("staying as the parent: %w", err), exitRefused)
	}
	return code
}

func (f *brokerFlags) start(dispatcher []string) error {
	if f.TTL != nil && *f.TTL <= 0 {
		return hint.Add(errors.New("reading --ttl: nothing could be kept"), durationHint)
	}
	plan, err := inject.Program(dispatcher, os.Environ())
	if err != nil {
		return err
	}
	if err := inject.Harden(); err != nil {
		return err
	}
	p, err := f.preparation()
	if err != nil {
		return err
	}
	a, err := p.launch()
	if err != nil {
		return err
	}
	plan.Set(broker.Variable, a.String())
	plan.Set("WG_AGE_PASSPHRASE_FD", "") // read, and for nobody else
	return plan.Exec()
}
