package inject

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/resolve"
)

// Prepare makes the whole plan or none: what can be refused without a secret is
// refused before a backend is asked, and the worker is looked for then, too. The
// caller executes the plan or closes it.
func Prepare(ctx context.Context, r *resolve.Resolver, req Request) (*Plan, error) {
	if len(req.Argv) == 0 || req.Argv[0] == "" {
		return nil, hint.Add(errors.New("looking for the worker: none was given"), "wg-run --profile NAME -- WORKER [ARG...]")
	}
	channels, err := check(req)
	if err != nil {
		return nil, err
	}
	if req.Client != nil {
		if _, _, _, err := req.Client.arrange(req.Argv); err != nil {
			return nil, err
		}
	}
	env := newEnviron(req.Environ)
	p := &Plan{}
	if p.Path, err = lookup(req.Argv[0], searchPath(env, req.Extra())); err != nil {
		return nil, fmt.Errorf("looking for the worker: %w", err)
	}
	if err := allowed(p.Path, req.Allow, searchPath(env, req.Extra())); err != nil {
		return nil, err
	}
	if err := p.isolated(req.Isolate); err != nil {
		return nil, err
	}
	if err := Harden(); err != nil {
		return nil, err
	}
	if err := p.fill(ctx, r, req, channels, env); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// hardenProcess is Harden where the platform has it.
var hardenProcess func() error

// Harden keeps other processes of this user from our memory, and the kernel from
// dumping it, until execve. Call it before the first secret is in memory.
func Harden() error {
	if hardenProcess == nil {
		return nil
	}
	if err := hardenProcess(); err != nil {
		return fmt.Errorf("closing our memory to other processes: %w", err)
	}
	return nil
}

// Judge refuses what Prepare would refuse whatever the worker and the secrets are:
// channels, names of variables, templates.
func Judge(req Request) error {
	channels, err := check(req)
	if err != nil {
		return err
	}
	deliveries := make([]Delivery, len(req.Secrets))
	for i, w := range req.Secrets {
		deliveries[i].Want, deliveries[i].Channel = w, channels[i]
	}
	t := templates(deliveries)
	for _, e := range req.Env {
		if _, err := variable(e, t); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what is wrong whatever the secrets are, and finds the channels.
func check(req Request) ([]fdpass.Channel, error) {
	if len(req.Secrets) == 0 {
		return nil, errors.New("no secret to deliver")
	}
	if strings.ContainsRune(req.Model+strings.Join(req.Env, ""), 0) {
		return nil, errors.New("making the environment: a variable cannot hold a NUL byte")
	}
	if slices.Contains(req.KeepEnv, resolve.BrokerVariable) {
		return nil, fmt.Errorf("keeping %s: a worker is nobody's dispatcher, and never gets it", resolve.BrokerVariable)
	}
	taken := map[string]string{}
	channels := make([]fdpass.Channel, len(req.Secrets))
	for i, w := range req.Secrets {
		if !names.Valid(w.Name) {
			return nil, fmt.Errorf("naming a secret: %s", names.Rule)
		}
		v, _ := fdpass.Variables(w.Name)
		if other, ok := taken[v]; ok {
			return nil, fmt.Errorf("secret %s: its variable %s is that of secret %s", names.Show(w.Name), v, names.Show(other))
		}
		taken[v] = w.Name
		if source := w.Ref.Variable(); IsNeeded(source) {
			return nil, fmt.Errorf("secret %s: the worker needs the variable %s, and would not get it: name another", names.Show(w.Name), source)
		}
		var err error
		if channels[i], err = fdpass.Find(w.Via); err != nil {
			if w.ViaBy != "" {
				err = fmt.Errorf("%s: %w", w.ViaBy, err)
			}
			return nil, hint.Add(fmt.Errorf("secret %s: %w", names.Show(w.Name), err), "channels: "+channelNames())
		}
	}
	if err := checkPlaces(req, channels); err != nil {
		return nil, err
	}
	return channels, checkEnv(req.Env, taken)
}

// fill resolves and opens every secret, then makes environment and arguments.
func (p *Plan) fill(ctx context.Context, r *resolve.Resolver, req Request, channels []fdpass.Channel, env *environ) error {
	p.Deliveries = make([]Delivery, 0, len(req.Secrets))
	for i, w := range req.Secrets {
		secret, err := r.Resolve(ctx, w.Ref)
		if err != nil {
			return forSecret(w, err)
		}
		d := Delivery{Want: w, Channel: channels[i], Size: secret.Len(), Source: secret.Source, secret: secret}
		if err = d.form(req.Client); err == nil {
			err = d.open()
		}
		p.Deliveries = append(p.Deliveries, d)
		if err != nil {
			return forSecret(w, channelHint(err, channels[i]))
		}
	}
	resolve.LeaveDescriptors(req.KeepEnv) // before the numbers are chosen: each has one
	numbers, err := p.number()
	if err != nil {
		return err
	}
	p.Dropped = env.dropStale(numbers)
	return p.finish(&r.Settings, req, env)
}

// forSecret says which secret failed, where it is not the main one.
func forSecret(w Want, err error) error {
	if w.Name == fdpass.MainName {
		return err
	}
	return fmt.Errorf("secret %s: %w", names.Show(w.Name), err)
}

func channelHint(err error, c fdpass.Channel) error {
	if _, none := fdpass.Find("memfd"); none != nil || c.Name == "memfd" || !errors.Is(err, fdpass.ErrTooBig) {
		return err
	}
	return hint.Add(err, "a memory file has no such limit: --via memfd")
}

// variable is the value of an extra variable, "NAME=TEMPLATE".
func variable(entry string, t templateSet) (string, error) {
	name, template, _ := cut(entry)
	value, err := t.expand(template, "{", "}")
	if err != nil {
		return "", fmt.Errorf("setting %s: %w", names.Show(name), err)
	}
	return value, nil
}

// finish makes environment and arguments and has them searched for leaks.
func (p *Plan) finish(s *resolve.Settings, req Request, env *environ) error {
	t := templates(p.Deliveries)
	credentials, closing := env.dropCredentials(s, p.Deliveries, req.KeepEnv)
	p.closing = closing
	p.Dropped = append(append(p.Dropped, credentials...), env.dropSources(req.Secrets)...)
	if req.Client != nil {
		p.Dropped = append(p.Dropped, env.dropOutweighing(req.Client)...)
	}
	if req.Model != "" {
		env.set("WG_MODEL", req.Model)
	}
	p.tell(env)
	for _, e := range req.Extra() {
		value, err := variable(e, t)
		if err != nil {
			return err
		}
		name, _, _ := cut(e)
		env.set(name, value)
	}
	var err error
	if p.Argv, err = req.line(t); err != nil {
		return err
	}
	return p.guard(env)
}
