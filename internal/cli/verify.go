package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/verify"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// verifyFlags are the flags of a line that verifies a worker: those of a run that say
// what it gets, and where to look.
type verifyFlags struct {
	Profile string   `placeholder:"NAME" predictor:"profile" help:"Deliver as this profile says (default: $$WG_PROFILE, else the active one, else one secret)."`
	Ref     string   `placeholder:"REF" predictor:"ref" help:"Deliver as a run with this --ref would. It is not looked up."`
	Secret  []string `sep:"none" placeholder:"NAME=REF" predictor:"named-ref" help:"Deliver one more canary, on a descriptor of its own. May be repeated."`
	Via     string   `placeholder:"CHANNEL" predictor:"channel" help:"How to deliver: ${channels}; a variable is a leak."`
	For     string   `placeholder:"CLIENT" predictor:"client" help:"Deliver the main canary as this well-known program reads its secret ('wg-run clients' lists them)."`
	Env     []string `sep:"none" placeholder:"NAME=TEMPLATE" help:"Set a variable for the worker; {fd}, {path}, {NAME.fd} and {NAME.path} are replaced. May be repeated."`
	Expand  bool     `help:"Replace {wg:fd}, {wg:path}, {wg:NAME.fd} and {wg:NAME.path} in the worker's arguments."`
	KeepEnv []string `sep:"none" placeholder:"VAR" help:"Let the worker inherit a credential variable. May be repeated."`

	Watch   []string       `sep:"none" placeholder:"DIR" help:"Search the files that are written below this folder. May be repeated."`
	Timeout *time.Duration `placeholder:"D" help:"End the worker, and all that it started, after this long, as 30s (default: never)."`
	Linger  time.Duration  `placeholder:"D" default:"2s" help:"How long to follow what outlives the worker, before it is ended: then the verdict is not clean (default: 2s)."`
	JSON    bool           `name:"json" help:"Print one JSON object."`
}

type verifyCmd struct {
	verifyFlags
}

var verifyGrammar = reflect.TypeFor[verifyFlags]()

// Help is shown by --help.
func (verifyCmd) Help() string {
	return `wg-run verify [flags] -- WORKER [ARG...] runs WORKER with a canary, a random value that is
nobody's key, in place of each secret, and follows every process that it starts. It reports
where a canary was seen: in arguments and environments, behind descriptors that still hold it
after it was read, in what was printed, in files below the folders of --watch; and when it was
read, and by whom. What the worker prints goes to standard error, the report to standard output.

Exit code: 0 no leak was seen, 1 one was, 3 a canary was never read, 125 something could not be
looked at, or wg-run failed.`
}

// runVerify runs the worker and returns the exit code that its report comes to.
func runVerify(args, worker []string) int {
	var f verifyFlags
	if err := emptyFlag(args, verifyGrammar); err != nil {
		return complain(err, exitRefused)
	}
	k, err := kong.New(&f, kong.Name("wg-run verify"), lists(), kong.NoDefaultHelp())
	if err != nil {
		return complain(err, exitRefused)
	}
	if _, err := k.Parse(args); err != nil {
		return complain(cmp.Or(ofRuns(args), restated(err, k.Model, args)), exitRefused)
	}
	report, err := f.verify(worker)
	if err != nil {
		return complain(err, verifyCode(err))
	}
	if f.JSON {
		err = printJSON(report)
	} else {
		verifyTable(report)
	}
	if err = cmp.Or(err, stdoutErr); err != nil {
		return complain(err, exitRefused)
	}
	return report.Exit()
}

// verifyCode is the exit code of a run that could not be started, as runCode's.
func verifyCode(err error) int {
	if errors.Is(err, verify.ErrNotStarted) {
		return exitNotExecutable
	}
	return runCode(err)
}

func (f *verifyFlags) verify(worker []string) (*verify.Report, error) {
	if err := verify.Supported(); err != nil {
		return nil, err
	}
	switch {
	case f.Timeout != nil && *f.Timeout <= 0:
		return nil, errNoTime
	case f.Linger < 0:
		return nil, hint.Add(errors.New("reading --linger: it is less than 0"), durationHint)
	}
	r, config, err := settings(profiles.Locate())
	if err != nil {
		return nil, err
	}
	req, err := f.request(&r.Settings, config.Clients, worker)
	if err != nil {
		return nil, err
	}
	var values [][]byte // in the order of the secrets
	r.First = func(resolve.Ref) (*resolve.Secret, error) {
		values = append(values, []byte("wgcanary"+rand.Text()))
		secret := resolve.NewSecret(slices.Clone(values[len(values)-1]))
		secret.Source = "canary"
		return secret, nil
	}
	plan, err := inject.Prepare(context.Background(), r, req)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	p := verify.Program{Path: plan.Path, Argv: plan.Argv, Env: plan.Env}
	if p.Files, err = plan.Files(); err != nil {
		return nil, err
	}
	o := verify.Options{Watch: f.Watch, Stdout: os.Stderr, Stderr: os.Stderr, Linger: f.Linger}
	for i, d := range plan.Deliveries {
		c := verify.Canary{Name: d.Name, Value: values[i], Number: d.Number, Channel: d.Channel.Name}
		if d.Channel.Place == fdpass.InEnvironment {
			c.Channel += ":" + d.Channel.Variable
		}
		o.Canaries = append(o.Canaries, c)
	}
	ctx, cancel := f.deadline()
	defer cancel()
	report, err := verify.Run(ctx, p, o)
	if why, ok := errors.AsType[syscall.Errno](err); ok && errors.Is(err, verify.ErrNotStarted) {
		err = plan.Failed(why)
	}
	return report, err
}

// request is that of a run with the same flags. Where no profile is chosen one canary is
// delivered: what a worker does with it is to be seen before there is a profile.
func (f *verifyFlags) request(s *resolve.Settings, clients map[string]any, worker []string) (inject.Request, error) {
	run := runFlags{Profile: f.Profile, Ref: f.Ref, Secret: f.Secret, Via: f.Via, For: f.For, Env: f.Env, Expand: f.Expand, KeepEnv: f.KeepEnv, NoIsolate: true}
	req, _, err := run.request(profiles.Locate(), s, clients, worker, os.Environ())
	if errors.Is(err, profiles.ErrNoneActive) {
		run.Ref = "keyring:canary" // which nobody asks
		req, _, err = run.request(profiles.Locate(), s, clients, worker, os.Environ())
	}
	return req, err
}

// deadline ends with --timeout, and when wg-run is to end. An interrupt from a terminal
// reaches the worker, too, and is its business; a second one is for us.
func (f *verifyFlags) deadline() (context.Context, context.CancelFunc) {
	var ctx context.Context
	var cancel context.CancelFunc
	if f.Timeout != nil {
		ctx, cancel = context.WithTimeout(context.Background(), *f.Timeout)
	} else {
		ctx, cancel = context.WithCancel(context.Background())
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		first := true
		for s := range signals {
			if !first || s != os.Interrupt && s != syscall.SIGQUIT {
				cancel()
			}
			first = false
		}
	}()
	return ctx, cancel
}
