package inject

import (
	"fmt"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// shortest is the length in bytes from which a secret is looked for inside
// other text; a shorter one counts only as a whole value or argument.
const shortest = 16

// needed are variables that a worker cannot do without: one that contains a
// secret is not dropped, the run is refused.
var needed = append(neededHere,
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TERM", "LANG", "TMPDIR",
	"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
)

// IsNeeded reports whether a worker cannot do without the variable, so that it cannot
// be where a secret is.
func IsNeeded(variable string) bool {
	variable = foldName(variable)
	return slices.Contains(needed, variable) || strings.HasPrefix(variable, "LC_")
}

// guard compares environment and arguments with every delivered secret: a
// variable that contains one is dropped, an argument or a variable that the
// worker needs is refused. Nothing of the text is repeated.
func (p *Plan) guard(env *environ) error {
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		n := newNeedle(d.secret.Bytes())
		for j, a := range p.Argv {
			if n.in(a) {
				return hint.Add(fmt.Errorf("argument %d of the worker: %w '%s'", j, ErrLeak, d.Name),
					"everybody can read arguments; the worker finds it elsewhere: "+d.Where())
			}
		}
		if err := p.guardEnv(env, d.Name, n); err != nil {
			return err
		}
	}
	p.Env = env.list
	return nil
}

func (p *Plan) guardEnv(env *environ, secret string, n needle) error {
	var refused error
	var own []string // hold a number, whatever the secret
	for i := range p.Deliveries {
		fd, file := fdpass.Variables(p.Deliveries[i].Name)
		own = append(own, fd, file)
	}
	dropped := env.drop(func(name, value string) string {
		switch {
		case n.in(name):
			refused = fmt.Errorf("the name of a variable: %w '%s'", ErrLeak, secret)
		case slices.Contains(own, foldName(name)), p.inEnvironment(name):
		case !n.in(name+"="+value) && !(n.whole && n.in(value)):
		case IsNeeded(name):
			refused = fmt.Errorf("the variable %s: %w '%s'", name, ErrLeak, secret)
		default:
			return "contains the secret '" + secret + "'"
		}
		return ""
	})
	for i := range dropped {
		dropped[i].Leak = true
		if names.LooksSecret(dropped[i].Variable) {
			dropped[i].Variable = "(a variable whose name looks like a key)"
		}
	}
	p.Dropped = append(p.Dropped, dropped...)
	return refused
}
