// Package fdpass puts bytes behind a file descriptor that a child process can
// inherit, and reads them on the other side. What Open makes is filled, and no writer has
// to stay; what Hold makes is for one who stays. The reading side (Read) finds it by the
// variables that a worker gets. What the bytes are, and how the child is started, is
// not known here.
package fdpass

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

// Place is where a worker finds what a channel carries.
type Place int

const (
	// OnNumber: behind a descriptor from 3 on.
	OnNumber Place = iota
	// OnStdin: behind descriptor 0.
	OnStdin
	// InDirectory: behind a descriptor from 3 on, and by its name in a directory
	// (OpenDirectory).
	InDirectory
	// InEnvironment: in a variable, for the worker and for all that it starts.
	InEnvironment
)

// Channel is one way to hand over bytes.
type Channel struct {
	// Name is what --via takes.
	Name string
	// Help is one line for people.
	Help string
	// Place is where the worker finds the bytes.
	Place Place
	// Open returns a close-on-exec descriptor from which data can be read to its
	// end. label shows in /proc for some channels and is no secret. The error
	// wraps ErrTooBig where the kernel does not hold that many bytes. It is nil
	// where the platform does not have the channel, and for InEnvironment.
	Open func(label string, data []byte) (*os.File, error)
	// Hold is Open for one who stays; once has a memory file wiped when it was read. It is nil
	// where the platform, or the channel, knows nothing of that.
	Hold func(label string, data []byte, once bool) (*Held, error)
	// Memory is set where the bytes are in a memory file, which can be read again, and be wiped
	// once it was read. It tells one of ours from other files of the worker's.
	Memory func(fd int) bool
	// NoPath says that no path leads to the descriptor.
	NoPath bool
	// Variable is what stood behind "env:".
	Variable string
}

var (
	// ErrTooBig: the kernel does not hold that many bytes in this channel.
	ErrTooBig = errors.New("too big for this channel")
	// ErrUnsupported: this platform does not have the channel.
	ErrUnsupported = errors.New("not supported on this platform")
)

// channels is THE LIST: one line for each channel. The first is the default.
var channels = []Channel{
	{Name: "pipe", Help: "an anonymous pipe, already filled: read once", Open: openPipe, Hold: holdPipe},
	{Name: "socket", Help: "a socket pair, already filled: read once, by its number only", Open: openSocket, Hold: holdSocket, NoPath: true},
	{Name: "memfd", Help: "a sealed memory file: seekable, can be read again (Linux)", Open: openMemfd, Hold: holdMemfd, Memory: isMemfd},
	{Name: "dir", Help: "a memory file, by its name in $CREDENTIALS_DIRECTORY (Linux)", Place: InDirectory, Open: openInDirectory, Hold: holdMemfd, Memory: isMemfd},
	{Name: "stdin", Help: "the worker's standard input", Place: OnStdin, Open: openPipe, Hold: holdPipe},
	{Name: "env", Help: "env:VAR, a variable, which everything that the worker starts inherits", Place: InEnvironment, NoPath: true},
}

// Channels returns THE LIST in its order; the caller must not change it.
func Channels() []Channel { return channels }

// Here reports whether this platform has the channel.
func (c Channel) Here() bool { return c.Open != nil || c.Place == InEnvironment }

// Single reports whether no two secrets can go through the channel.
func (c Channel) Single() bool { return c.Place == OnStdin || c.Place == InEnvironment }

// Path reports whether the worker can open what it gets by a path.
func (c Channel) Path() bool { return HasPaths && !c.NoPath }

// Once reports whether the channel can be wiped when it was read.
func (c Channel) Once() bool { return c.Hold != nil && c.Memory != nil }

// Find returns the channel that --via names, as pipe or env:VAR; the default for "".
// The error wraps ErrUnsupported where the platform does not have it.
func Find(via string) (Channel, error) {
	name, variable, has := strings.Cut(via, ":")
	for _, c := range channels {
		switch {
		case c.Name != name && via != "":
		case !c.Here():
			return Channel{}, fmt.Errorf("channel %s: %w", c.Name, ErrUnsupported)
		case c.Place == InEnvironment && variable == "":
			return Channel{}, fmt.Errorf("channel %s: the variable is missing: %s:VAR", c.Name, c.Name)
		case has && c.Place != InEnvironment:
			return Channel{}, fmt.Errorf("channel %s: nothing stands behind its name", c.Name)
		default:
			c.Variable = variable
			return c, nil
		}
	}
	return Channel{}, unknown(name)
}

// unknown names the channel that may be meant; what was said may be a key.
func unknown(name string) error {
	var known []string
	for _, c := range channels {
		known = append(known, c.Name)
	}
	if near := names.Near(strings.ToLower(name), known); near != "" {
		return fmt.Errorf("no such channel (did you mean '%s'?)", near)
	}
	return errors.New("no such channel")
}
