package inject

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// directoryVariable names the directory of credentials (systemd.exec(5)).
const directoryVariable = "CREDENTIALS_DIRECTORY"

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

// open opens the descriptor of a secret; there is none for the environment, which holds
// no NUL byte.
func (d *Delivery) open() (err error) {
	if d.Channel.Place != fdpass.InEnvironment {
		if staysAlways && d.Channel.Hold != nil {
			if d.held, err = d.Channel.Hold(d.Name, d.bytes(), false); err == nil {
				d.file = d.held.File
			}
			return err
		}
		d.file, err = d.Channel.Open(d.Name, d.bytes())
		if d.Fed = errors.Is(err, fdpass.ErrTooBig) && d.Channel.Hold != nil; d.Fed {
			return nil
		}
		return err
	}
	switch {
	case bytes.IndexByte(d.bytes(), 0) >= 0:
		err = errors.New("a variable cannot hold a NUL byte")
	case len(d.Channel.Variable)+len("=")+len(d.bytes()) >= maxVariable:
		err = fmt.Errorf("%d bytes are too many for a variable", len(d.bytes()))
	default:
		return nil
	}
	return hint.Add(fmt.Errorf("putting it into the environment: %w", err), "--via memfd, or --via pipe")
}

// numberOf is the number that a file has in the worker, where nobody can choose it.
var numberOf func(*os.File) int

// number gives each descriptor its number, and makes the directory of those that have a
// name in it. It returns the numbers from 3 on.
func (p *Plan) number() ([]int, error) {
	n, directory := 0, 0
	for i := range p.Deliveries {
		switch p.Deliveries[i].Channel.Place {
		case fdpass.InDirectory:
			directory = 1
			fallthrough
		case fdpass.OnNumber:
			n++
		}
	}
	numbers, err := freeNumbers(n + directory)
	if err != nil {
		return nil, fmt.Errorf("choosing descriptors: %w", err)
	}
	links, next := map[string]int{}, 0
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		switch d.Channel.Place {
		case fdpass.OnStdin:
			continue
		case fdpass.InEnvironment:
			d.Number = -1
			continue
		case fdpass.InDirectory:
			links[d.Name] = numbers[next]
		}
		if numberOf != nil {
			numbers[next] = numberOf(d.file)
		}
		d.Number = numbers[next]
		next++
	}
	if directory != 0 {
		p.dirNumber = numbers[n]
		p.directory, err = fdpass.OpenDirectory(links)
	}
	return numbers, err
}

// tell sets the variables by which the worker finds its secrets. Those that it finds
// without are not to be found in the place of an outer wg-run's either.
func (p *Plan) tell(env *environ) {
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		fd, file := fdpass.Variables(d.Name)
		switch d.Channel.Place {
		case fdpass.InEnvironment:
			env.set(d.Channel.Variable, string(d.bytes()))
			env.unset(fd, file)
		case fdpass.OnStdin:
			env.unset(fd, file)
		default:
			env.set(fd, d.fdText())
			if env.unset(file); d.Channel.Path() {
				env.set(file, d.pathText())
			}
		}
	}
	if p.directory != nil {
		env.set(directoryVariable, (&Delivery{Number: p.dirNumber}).pathText())
	}
}

// Where says where the worker finds it, for people.
func (d *Delivery) Where() string {
	fd, file := fdpass.Variables(d.Name)
	at := fd + "=" + d.fdText()
	if d.Channel.Path() {
		at += " " + file + "=" + d.pathText()
	}
	switch d.Channel.Place {
	case fdpass.InEnvironment:
		return "the variable " + d.Channel.Variable
	case fdpass.OnStdin:
		return "its standard input"
	case fdpass.InDirectory:
		return "$" + directoryVariable + "/" + d.Name + ", " + at
	}
	return at
}

// inEnvironment reports whether a variable is where a secret was asked to be.
func (p *Plan) inEnvironment(variable string) bool {
	for i := range p.Deliveries {
		if c := p.Deliveries[i].Channel; c.Place == fdpass.InEnvironment && sameName(c.Variable, variable) {
			return true
		}
	}
	return false
}
