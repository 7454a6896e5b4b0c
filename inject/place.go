package inject

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
)

// directoryVariable names the directory of credentials (systemd.exec(5)).
const directoryVariable = "CREDENTIALS_DIRECTORY"

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
