// Package inject plans what a worker gets and becomes it: it resolves the
// secrets, puts each behind a descriptor, makes the environment, looks for leaks
// and executes the worker in place. Up to Exec nothing has started, and a plan
// is complete or is an error. Which secrets there are is the caller's to say,
// what a reference means is resolve's, how a descriptor is made fdpass's.
package inject

import (
	"errors"
	"os"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

var (
	// ErrNotExecutable: the worker is there and cannot be executed (126).
	ErrNotExecutable = errors.New("cannot be executed")
	// ErrNoWorker: there is no such program (127).
	ErrNoWorker = errors.New("no such program")
	// ErrLeak: the secret stands where everybody can read it.
	ErrLeak = errors.New("it contains the secret")
	// ErrUnsupported: this platform cannot hand over a descriptor.
	ErrUnsupported = errors.New("wg-run cannot hand a descriptor to a worker on this platform")
)

// Request says what a worker is to get.
type Request struct {
	// Secrets are delivered in this order; the first takes the lowest number.
	Secrets []Want
	// Model is handed on as WG_MODEL unless empty.
	Model string
	// Env are extra variables, "NAME=TEMPLATE"; the last of a name counts.
	Env []string
	// KeepEnv names credential variables that the worker may inherit.
	KeepEnv []string
	// Allow lists the programs that may be started, all if empty.
	Allow []string
	// Argv is the worker and its arguments.
	Argv []string
	// Expand replaces {wg:fd} and the like in the arguments.
	Expand bool
	// Environ is the environment to start from, as os.Environ gives it.
	Environ []string
	// Isolate keeps the worker from the processes around it.
	Isolate Isolation
	// Client is how the worker reads the main secret, nil if that is its own business.
	Client *Client
}

// Want is one secret to deliver.
type Want struct {
	// Name is fdpass.MainName or the name of a further secret.
	Name string
	// Ref is where it comes from.
	Ref resolve.Ref
	// Via is the channel's name, "" for the default; ViaBy says where it was said, for people.
	Via, ViaBy string
}

// Plan is a worker that is ready to start.
type Plan struct {
	// Path is the program's file.
	Path string
	// Argv is what it sees, with argv[0] as it was called.
	Argv []string
	// Env is its environment.
	Env []string
	// Deliveries are its secrets.
	Deliveries []Delivery
	// Dropped names the variables that were taken out, and why.
	Dropped []Dropped
	// Isolate says how far it is kept from the processes around it.
	Isolate Isolation

	closing   []int    // descriptors that the worker must not inherit
	directory *os.File // of those that have a name in it; nil without one
	dirNumber int
}

// Delivery is one secret behind a descriptor.
type Delivery struct {
	Want
	// Channel is what carries it.
	Channel fdpass.Channel
	// Number is the descriptor's number in the worker, -1 where it has none.
	Number int
	// Size is the value's length in bytes.
	Size int
	// Source is the scheme that answered.
	Source string
	// Fed says that it does not fit into the channel, and is fed by a parent that stays.
	Fed bool

	file   *os.File
	held   *fdpass.Held // what file is of, where a parent always stays
	secret *resolve.Secret
	client *Client // who reads it, if that is known
	formed []byte  // what a client gets in place of the value
}

// placed is a file and the number that it has in the worker.
type placed struct {
	file   *os.File
	number int
}

// placed lists what the worker inherits of ours.
func (p *Plan) placed() []placed {
	list := make([]placed, 0, len(p.Deliveries)+1)
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; d.file != nil {
			list = append(list, placed{d.file, d.Number})
		}
	}
	if p.directory != nil {
		list = append(list, placed{p.directory, p.dirNumber})
	}
	return list
}

// Dropped is a variable that the worker does not get.
type Dropped struct {
	Variable, Why string
	// Leak says that it contained a delivered secret.
	Leak bool
}

// Close closes the descriptors and wipes the values of a plan that is not
// executed. It may be called again.
func (p *Plan) Close() {
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		if d.file != nil {
			_ = d.file.Close()
			d.file = nil
		}
		d.secret.Wipe()
		clear(d.formed)
	}
	if p.directory != nil {
		_ = p.directory.Close()
		p.directory = nil
	}
}
