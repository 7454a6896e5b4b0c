package inject

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

// variables are its variables as entries of an environment, templates and all, sorted.
func (c *Client) variables() (list []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		list = append(list, name+"="+c.Env[name])
	}
	return list
}

// Extra are the extra variables: the client's own first, so that one of the user's counts.
func (req *Request) Extra() []string {
	if req.Client == nil {
		return req.Env
	}
	return append(req.Client.variables(), req.Env...)
}

// line is the worker's line with what the client adds, and its templates replaced where
// that was asked for.
func (req *Request) line(t templateSet) ([]string, error) {
	argv := slices.Clone(req.Argv)
	if req.Expand {
		for i, a := range argv[1:] {
			value, err := t.expand(a, "{wg:", "}")
			if err != nil {
				return nil, fmt.Errorf("expanding argument %d: %w", i+1, err)
			}
			argv[i+1] = value
		}
	}
	if req.Client == nil {
		return argv, nil
	}
	argv, at, args, err := req.Client.arrange(argv)
	for i, a := range args {
		if err == nil {
			if argv[at+i], err = t.expand(a, "{", "}"); err != nil {
				err = fmt.Errorf("placing the arguments of --for %s: %w", req.Client.Name, err)
			}
		}
	}
	return argv, err
}

// Placed are the arguments that the client has put into the line of the plan.
func (req *Request) Placed(p *Plan) []string {
	if req.Client == nil {
		return nil
	}
	_, at, args, err := req.Client.arrange(req.Argv)
	if err != nil || at+len(args) > len(p.Argv) {
		return nil
	}
	return p.Argv[at : at+len(args)]
}

// form makes what the client gets in place of the value, if the client is to read it.
func (d *Delivery) form(c *Client) (err error) {
	if c == nil || d.Name != fdpass.MainName {
		return nil
	}
	d.client = c
	d.formed, err = c.form(d.secret.Bytes())
	return err
}

// writings are the value and what it looks like in the client's format, for the caller to
// wipe the copies: a client that shows its file shows the latter.
func (d *Delivery) writings() [][]byte {
	list := [][]byte{bytes.Clone(d.secret.Bytes())}
	if d.client == nil || d.client.Format == "" {
		return list
	}
	plain := resolve.TrimNewline(bytes.Clone(list[0]))
	defer clear(plain)
	escaped, err := escape(d.client.Escape, plain)
	if err != nil || bytes.Equal(escaped, plain) {
		return list // without an error: form has made it before
	}
	return append(list, escaped)
}

// bytes are what is delivered.
func (d *Delivery) bytes() []byte {
	if d.formed != nil {
		return d.formed
	}
	return d.secret.Bytes()
}

// dropOutweighing takes out the variables that would be read in place of the secret.
func (e *environ) dropOutweighing(c *Client) []Dropped {
	return e.drop(func(name, _ string) string {
		if slices.Contains(c.Unset, name) {
			return "would outweigh the secret of --for " + c.Name
		}
		return ""
	})
}
