package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// brokerFlags are the flags of a line that starts a dispatcher.
type brokerFlags struct {
	TTL     time.Duration `name:"ttl" placeholder:"D" help:"How long a secret is kept before it is looked up again, as 30m (default: as long as the dispatcher runs)."`
	Strict  bool          `help:"Have a run fail that cannot ask the broker, rather than resolve by itself."`
	Profile []string      `sep:"none" placeholder:"NAME" predictor:"profile" help:"Look up this profile's secrets before the dispatcher starts (default: $$WG_PROFILE, else the active one). May be repeated."`
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
		return complain(restated(err, k.Model, args), exitRefused)
	}
	if inject.Adopts() {
		code, err := inject.Stay(os.Args)
		if err != nil {
			return complain(err, exitRefused)
		}
		return code
	}
	if err := f.start(dispatcher); err != nil {
		return complain(err, runCode(err))
	}
	return exitRefused
}

func (f *brokerFlags) start(dispatcher []string) error {
	if f.TTL < 0 {
		return errors.New("reading --ttl: less than nothing")
	}
	plan, err := inject.Program(dispatcher, os.Environ())
	if err != nil {
		return err
	}
	if err := inject.Harden(); err != nil {
		return err
	}
	order, err := f.order()
	if err != nil {
		return err
	}
	a, err := broker.Launch(order)
	for _, v := range order.Values {
		clear(v.Secret)
	}
	if err != nil {
		return err
	}
	plan.Set(broker.Variable, a.String())
	plan.Set("WG_AGE_PASSPHRASE_FD", "") // read, and for nobody else
	return plan.Exec()
}

// order reads the policy and looks up what can be asked for only while a person is there.
func (f *brokerFlags) order() (*broker.Order, error) {
	home, err := absolute(profiles.Locate())
	if err != nil {
		return nil, err
	}
	files, problems, err := home.Snapshot()
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		say(fmt.Sprintf("warning: %v; the broker leaves it out", p))
	}
	home = profiles.Frozen(home.Dir, files)
	r, _, err := settings(home)
	if err != nil {
		return nil, err
	}
	policy, err := policyOf(home)
	if err != nil {
		return nil, err
	}
	o := &broker.Order{Policy: policy, Dispatcher: os.Getpid(), TTL: f.TTL, Strict: f.Strict, Person: r.Person}
	chosen := f.Profile
	if name := os.Getenv("WG_PROFILE"); len(chosen) == 0 && name != "" {
		chosen = []string{name}
	} else if len(chosen) == 0 && policy.Active != "" {
		chosen = []string{policy.Active}
	}
	for _, name := range chosen {
		if err := lookUp(o, r, home, name); err != nil {
			return nil, err
		}
	}
	unlockOthers(r, policy)
	o.Identity = r.OpenedIdentity()
	return o, nil
}

// lookUp resolves the secrets of a profile: a dispatcher whose workers could not start is
// not started.
func lookUp(o *broker.Order, r *resolve.Resolver, home profiles.Home, name string) error {
	p, err := home.Profile(name)
	if err != nil {
		return err
	}
	if _, err := judged(&r.Settings, p); err != nil {
		return err
	}
	defer func(was func(string)) { r.Say = was }(r.Say)
	for _, w := range o.Policy.Profiles[name] {
		v := broker.Value{Profile: name, Name: w.Name}
		r.Say = func(line string) { v.Says = append(v.Says, line); say(line) }
		secret, err := r.Resolve(context.Background(), w.Ref)
		if err != nil {
			return dangling(&r.Settings, p, inject.Want{Name: w.Name, Ref: w.Ref}, err)
		}
		v.Secret, v.Source = secret.Bytes(), secret.Source
		o.Values = append(o.Values, v)
	}
	return nil
}

// unlockOthers opens the stores that other profiles name: later nobody is asked for a
// passphrase.
func unlockOthers(r *resolve.Resolver, p *broker.Policy) {
	done := map[string]bool{}
	for _, wants := range p.Profiles {
		for _, w := range wants {
			if done[w.Ref.Scheme] || !slices.Contains(r.Usable(), w.Ref.Scheme) {
				continue
			}
			done[w.Ref.Scheme] = true
			if err := r.Unlock(context.Background(), w.Ref.Scheme); err != nil {
				say(fmt.Sprintf("warning: %v; profiles that need it will not work", err))
			}
		}
	}
}

// policyOf is what the files of a home mean to a broker. Profiles that no run could use
// are left out.
func policyOf(home profiles.Home) (*broker.Policy, error) {
	r, config, err := settings(home)
	if err != nil {
		return nil, err
	}
	p := &broker.Policy{Home: home.Dir, Files: home.Files(), Profiles: map[string][]broker.Want{}, Timeout: config.Timeout, Packed: map[string]map[string][]byte{}}
	if p.Active, err = home.Active(); err != nil && !errors.Is(err, profiles.ErrNoneActive) {
		return nil, err
	}
	if p.Packed[""], err = home.Pack(""); err != nil {
		return nil, err
	}
	list, err := home.List()
	if err != nil {
		return nil, err
	}
	var refs []resolve.Ref
	for _, name := range list {
		wants, err := sharedWants(home, &r.Settings, name)
		if err != nil {
			continue
		}
		if p.Packed[name], err = home.Pack(name); err != nil {
			return nil, err
		}
		p.Profiles[name] = wants
		for _, w := range wants {
			refs = append(refs, w.Ref)
		}
	}
	p.Programs = r.FindPrograms(refs)
	return p, nil
}

// sharedWants are the secrets of a profile that a broker can answer.
func sharedWants(home profiles.Home, s *resolve.Settings, name string) ([]broker.Want, error) {
	profile, err := home.Profile(name)
	if err != nil {
		return nil, err
	}
	all, err := (&runFlags{}).wants(s, profile)
	if err != nil {
		return nil, err
	}
	list := []broker.Want{}
	for _, w := range all {
		if s.Shared(w.Ref) {
			list = append(list, broker.Want{Name: w.Name, Ref: w.Ref})
		}
	}
	return list, nil
}

// absolute is home by a path that means the same in every folder.
func absolute(home profiles.Home) (profiles.Home, error) {
	if _, err := home.Path(); err != nil {
		return home, err
	}
	dir, err := filepath.Abs(home.Dir)
	if err != nil {
		return home, fmt.Errorf("finding %s: %w", home.Dir, err)
	}
	return profiles.Home{Dir: dir}, nil
}

// brokerRoles are what wg-run does for a broker of its own.
var brokerRoles map[string]func() error

func init() {
	brokerRoles = map[string]func() error{
		broker.RoleDetach: broker.Detach,
		broker.RoleServe:  func() error { return broker.Serve(broker.Hooks{Read: readPolicy, Parse: parsePolicy}) },
		broker.RoleLookup: lookUpForBroker,
	}
}

func brokerRole(name string) int {
	err := inject.Harden()
	if err == nil {
		err = brokerRoles[name]()
	}
	if err != nil {
		return complain(err, exitNo)
	}
	return 0
}

func readPolicy(dir, active string) (*broker.Policy, error) {
	files, _, err := profiles.Home{Dir: dir}.Snapshot()
	if err != nil {
		return nil, err
	}
	if active != "" {
		if files["profiles/"+active+".toml"] == nil {
			_, err := profiles.Home{Dir: dir}.Profile(active) // for its words
			return nil, errors.Join(profiles.ErrNoProfile, err)
		}
		files["active-profile"] = []byte(active + "\n")
	}
	return parsePolicy(dir, files)
}

func parsePolicy(dir string, files map[string][]byte) (*broker.Policy, error) {
	return policyOf(profiles.Frozen(dir, files))
}

// lookUpForBroker resolves one secret of one profile, by the broker's copy of the files.
func lookUpForBroker() error {
	return broker.Help(os.Stdin, os.Stdout, func() { os.Exit(exitNo) }, func(q *broker.Query) broker.Value {
		var v broker.Value
		secret, err := answerQuery(q, &v)
		if v.Err = broker.FailureOf(err); err == nil {
			v.Secret, v.Source = secret.Bytes(), secret.Source
		}
		return v
	})
}

// answerQuery resolves what is asked, and notes in v what there is to say.
func answerQuery(q *broker.Query, v *broker.Value) (*resolve.Secret, error) {
	home := profiles.Frozen(q.Home, q.Files)
	r, _, err := settings(home)
	if err != nil {
		return nil, err
	}
	if r.Timeout == 0 && q.Person {
		r.Timeout = resolve.PersonTimeout
	}
	lines := make(chan string, 64)
	r.Say = func(line string) {
		select {
		case lines <- line:
		default:
		}
	}
	r.Ask, r.Person, r.NoPrompt, r.Programs = nil, false, q.Quiet, q.Programs
	wants, err := sharedWants(home, &r.Settings, q.Profile)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(wants, func(w broker.Want) bool { return w.Name == q.Name })
	if i < 0 {
		return nil, errors.New("looking it up: the profile has no such secret")
	}
	secret, err := r.Resolve(context.Background(), wants[i].Ref)
	for len(lines) > 0 {
		v.Says = append(v.Says, <-lines)
	}
	return secret, err
}
