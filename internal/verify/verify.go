// Package verify runs a program that has a canary in place of a secret, follows
// every process that it starts, and reports where the canary was seen: in arguments
// and environments, in descriptors, in what was printed, in files. It misses no
// exec: each process is stopped at it (ptrace(2)). What it did not see it says. It does
// not know where a program or a canary comes from, and looks at no process that this
// program did not start.
package verify

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

var (
	// ErrUnsupported: this platform's processes cannot be followed.
	ErrUnsupported = errors.New("following a worker takes Linux on amd64 or arm64")
	// ErrNotStarted: the program could not be executed; the error wraps the system's.
	ErrNotStarted = errors.New("executing the worker")
)

// Program is what is run.
type Program struct {
	// Path is its file, Argv what it sees, Env its environment.
	Path string
	Argv []string
	Env  []string
	// Files are its descriptors: the index is the number, nil is closed. Those of this
	// process that are not close-on-exec it gets above them.
	Files []*os.File
	// Dir is its folder, "" for ours.
	Dir string
}

// Canary stands for a secret.
type Canary struct {
	// Name is what the secret is called.
	Name string
	// Value is looked for. It has 16 bytes or more and is nobody's key.
	Value []byte
	// Number is the descriptor that holds it, -1 where none does.
	Number int
	// Channel is how it gets there; "env:VAR" is the variable in which it was asked for.
	Channel string
}

// variable is where the canary was asked for in the environment, or "".
func (c *Canary) variable() string {
	v, _ := strings.CutPrefix(c.Channel, "env:")
	if v == c.Channel {
		return ""
	}
	return v
}

// Options says how to look.
type Options struct {
	Canaries []Canary
	// Watch are folders below which written files are searched.
	Watch []string
	// Stdout and Stderr get what the worker and its children print there, which is
	// searched. Where one is nil, the worker has Files[1] or [2] itself, unsearched.
	Stdout, Stderr io.Writer
	// Linger is how long processes that outlive the worker are followed before they
	// are ended.
	Linger time.Duration
}

// run is Run where the platform has it.
var run func(context.Context, Program, Options) (*Report, error)

// Run runs p and follows it. When ctx ends all that it started is ended, and the report
// says so. No process that was followed is left behind. The error is ErrUnsupported on
// another platform, and wraps ErrNotStarted where p could not be executed.
func Run(ctx context.Context, p Program, o Options) (*Report, error) {
	if run == nil {
		return nil, ErrUnsupported
	}
	for _, c := range o.Canaries {
		if len(c.Value) < shortest {
			return nil, errors.New("verifying: a canary of less than 16 bytes")
		}
	}
	return run(ctx, p, o)
}

// Supported says whether Run can work on this platform.
func Supported() error {
	if run == nil {
		return ErrUnsupported
	}
	return nil
}
