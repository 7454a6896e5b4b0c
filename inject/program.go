package inject

import (
	"errors"
	"fmt"

	"github.com/graphwork/wg-run/internal/hint"
)

// Program is a plan that delivers nothing: a dispatcher, argv with environ, to be
// executed in place.
func Program(argv, environ []string) (*Plan, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, hint.Add(errors.New("looking for the dispatcher: none was given"), "wg-run broker -- DISPATCHER [ARG...]")
	}
	env := newEnviron(environ)
	path, err := lookup(argv[0], searchPath(env, nil))
	if err != nil {
		return nil, fmt.Errorf("looking for the dispatcher: %w", err)
	}
	return &Plan{Path: path, Argv: argv, Env: env.list}, nil
}

// Set sets a variable of the plan's environment; an empty value takes it out.
func (p *Plan) Set(name, value string) {
	env := &environ{p.Env}
	if value == "" {
		env.unset(name)
	} else {
		env.set(name, value)
	}
	p.Env = env.list
}

// adopts is Adopts where the platform knows subreapers.
var adopts func() bool
