package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// runFlags are the flags of a run: the only grammar that is built when a worker
// is started, and only where quick cannot read the line.
type runFlags struct {
	Profile string   `placeholder:"NAME" predictor:"profile" help:"Profile to use: which secrets the worker gets, and how (default: $$WG_PROFILE, else the active one)."`
	Ref     string   `placeholder:"REF" predictor:"ref" help:"Deliver the secret that REF names, as keyring:openrouter; no profile is needed."`
	Secret  []string `sep:"none" placeholder:"NAME=REF" predictor:"named-ref" help:"Deliver one more secret, on a descriptor of its own. May be repeated."`
	Via     string   `placeholder:"CHANNEL" predictor:"channel" help:"How to deliver: ${channels} (docs/workers.md)."`
	For     string   `placeholder:"CLIENT" predictor:"client" help:"Deliver the main secret as a well-known program reads it, as borg, psql or curl: 'wg-run clients' lists them."`
	Env     []string `sep:"none" placeholder:"NAME=TEMPLATE" help:"Set a variable for the worker; {fd}, {path}, {NAME.fd} and {NAME.path} are replaced. May be repeated."`
	Expand  bool     `help:"Replace {wg:fd}, {wg:path}, {wg:NAME.fd} and {wg:NAME.path} in the worker's arguments."`
	KeepEnv []string `sep:"none" placeholder:"VAR" help:"Let the worker inherit a credential variable, as VAULT_TOKEN. May be repeated."`

	Isolate   bool `help:"Keep the worker from tracing, signalling and looking into any process but its own children (Linux 6.12; sudo and su do not work in an isolated worker). Below a broker this is the default, as far as the system can."`
	NoIsolate bool `help:"Do not isolate the worker, not even below a broker."`

	Once        bool           `help:"Wipe a memory file (memfd, dir) once it was read: later readers get nothing. wg-run stays as the worker's parent."`
	RequireRead bool           `help:"Fail with 125 where the worker returns 0 and has left a secret unread. wg-run stays as its parent."`
	Timeout     *time.Duration `placeholder:"D" help:"End the worker after D, as 90s or 1h30m: SIGTERM, ten seconds later SIGKILL, exit status 124. wg-run stays as its parent."`
	Mask        bool           `help:"Replace each delivered secret in what the worker prints by [redacted:NAME], also in base64, hexadecimal, percent-encoded and JSON-escaped. wg-run stays as its parent."`

	Explain bool `help:"Resolve, say what would be delivered and how, and start nothing."`
}

// runWorker becomes the worker, or returns the exit code.
func runWorker(args, worker []string) int {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return complain(unknownWord(args, worker), exitRefused)
	}
	var f runFlags
	if err := parse(&f, args); err != nil {
		return complain(err, exitRefused)
	}
	if f.Explain {
		return explain(&f, worker)
	}
	code, err := start(&f, worker)
	if err != nil {
		return complain(err, runCode(err))
	}
	return code
}

// start becomes the worker, or its parent until that ends with this code.
func start(f *runFlags, worker []string) (code int, err error) {
	stay, err := f.stay()
	if err != nil {
		return 0, err
	}
	environ := os.Environ()
	held, err := f.fromBroker(profiles.Locate())
	if err != nil {
		return 0, err
	}
	home := held.home
	r, config, err := settings(home)
	if err != nil {
		return 0, err
	}
	r.Judged = held.values != nil // else asking the backend judges it
	record := newAudit(home, config.Audit)
	req, c, err := f.request(home, &r.Settings, config.Clients, worker, environ)
	record.of(req, c.name)
	if err != nil {
		return 0, record.refused(err)
	}
	held.serve(r, req)
	plan, err := inject.Prepare(context.Background(), r, req)
	if err != nil {
		return 0, record.refused(err)
	}
	defer plan.Close()
	if err := plan.Suits(stay); err != nil {
		return 0, record.refused(err)
	}
	warn(plan)
	if f.Mask {
		sayUnmasked(plan)
	}
	if err := record.delivered(plan); err != nil {
		return 0, err
	}
	if !stay.Asked() && !plan.MustStay() {
		return 0, record.refused(plan.Exec()) // which returns only where it failed
	}
	if code, err = plan.Stay(stay); err != nil {
		return 0, record.refused(err)
	}
	return code, nil
}

// warn says what leaks, or would have.
func warn(plan *inject.Plan) {
	for _, d := range plan.Dropped {
		if d.Leak {
			say(fmt.Sprintf("warning: the variable %s %s; the worker does not get it", d.Variable, d.Why))
		}
	}
	for _, d := range plan.Deliveries {
		if d.Channel.Place == fdpass.InEnvironment {
			say(fmt.Sprintf("warning: the secret '%s' is in the variable %s: every program that the worker starts inherits it, and /proc shows it", d.Name, d.Channel.Variable))
		}
	}
}

// request puts profile and flags together.
func (f *runFlags) request(home profiles.Home, s *resolve.Settings, clients map[string]any, worker, environ []string) (inject.Request, chosen, error) {
	req := inject.Request{
		Env: f.Env, KeepEnv: f.KeepEnv, Argv: worker, Expand: f.Expand, Environ: environ,
	}
	isolate, err := f.isolation()
	if err != nil {
		return req, chosen{}, err
	}
	req.Isolate = isolate
	if err := f.client(&req, clients); err != nil {
		return req, chosen{}, err
	}
	c, err := f.choose(home)
	if err != nil {
		return req, c, err
	}
	err = f.fill(&req, s, c.Profile)
	return req, c, err
}

// fill puts what a profile says before what the flags say.
func (f *runFlags) fill(req *inject.Request, s *resolve.Settings, p *profiles.Profile) (err error) {
	if p != nil {
		req.Model, req.Allow = p.Model, p.Allow
		req.KeepEnv = append(append([]string(nil), p.KeepEnv...), f.KeepEnv...)
		req.Env = nil
		for _, v := range p.Env {
			req.Env = append(req.Env, v.Name+"="+v.Template)
		}
		req.Env = append(req.Env, f.Env...)
	}
	if req.Secrets, err = f.wants(s, p); err == nil && req.Client != nil {
		err = f.deliverFor(req)
	}
	return err
}
