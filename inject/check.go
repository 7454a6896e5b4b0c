package inject

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/resolve"
)

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
	for _, name := range req.KeepEnv {
		if !names.ValidVariable(name) {
			return nil, errors.New("keeping a variable: not the name of one (not shown, it may be a key)")
		}
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

// channelNames lists what --via takes here.
func channelNames() string {
	var list []string
	for _, c := range fdpass.Channels() {
		switch {
		case c.Place == fdpass.InEnvironment:
			list = append(list, c.Name+":VAR")
		case c.Here():
			list = append(list, c.Name)
		}
	}
	return strings.Join(list, ", ")
}

// checkPlaces refuses two secrets in one place, and variables that are not for secrets.
func checkPlaces(req Request, channels []fdpass.Channel) error {
	taken := map[string]string{}
	for i, c := range channels {
		w := req.Secrets[i]
		if !c.Single() {
			continue
		}
		place := "standard input"
		if c.Place == fdpass.InEnvironment {
			place = "the variable " + names.Or(c.Variable, "…")
			if err := checkVariable(req, c.Variable); err != nil {
				return forSecret(w, err)
			}
		}
		if other, ok := taken[place]; ok {
			return hint.Add(fmt.Errorf("secret %s: %s is taken by secret %s", names.Show(w.Name), place, names.Show(other)),
				"another channel for one of them: [secrets."+names.Or(w.Name, "NAME")+"] and via = \"pipe\" in the profile")
		}
		taken[place] = w.Name
	}
	return nil
}

// checkVariable judges the variable of a secret that goes into the environment.
func checkVariable(req Request, v string) error {
	const another = "--via env:VARIABLE with one that the worker reads its key from, as env:API_KEY"
	switch {
	case !names.ValidVariable(v):
		return hint.Add(errors.New("channel env: what stands behind it is no name of a variable (not shown, it may be a key)"), another)
	case IsNeeded(v) || strings.HasPrefix(foldName(v), "WG_") || sameName(v, directoryVariable):
		return hint.Add(fmt.Errorf("channel env: the variable %s has a meaning of its own: name another", v), another)
	}
	for _, e := range req.Extra() {
		if name, _, _ := cut(e); sameName(name, v) {
			return fmt.Errorf("channel env: the variable %s is set by [env], --env or --for, too", v)
		}
	}
	return nil
}
