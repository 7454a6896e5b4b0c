// Package fdpass puts bytes behind a file descriptor that a child process can
// inherit, and reads them on the other side. A descriptor it makes is already
// filled: no writer has to stay. It knows nothing of secrets' names, of
// profiles or of how the child is started.
package fdpass

import (
	"errors"
	"fmt"
	"os"
)

// Channel is one way to hand over bytes.
type Channel struct {
	// Name is what --via takes.
	Name string
	// Help is one line for people.
	Help string
	// Open returns a close-on-exec descriptor from which data can be read to its
	// end. label shows in /proc for some channels and is no secret. The error
	// wraps ErrTooBig where the kernel does not hold that many bytes.
	Open func(label string, data []byte) (*os.File, error)
}

var (
	// ErrTooBig: the kernel does not hold that many bytes in this channel.
	ErrTooBig = errors.New("too big for this channel")
	// ErrUnsupported: this platform does not have the channel.
	ErrUnsupported = errors.New("not supported on this platform")
)

// channels is THE LIST: one line for each channel. The first is the default.
var channels = []Channel{
	{"pipe", "an anonymous pipe, already filled: read once", openPipe},
	{"memfd", "a sealed memory file: seekable, can be read again (Linux)", openMemfd},
}

// Channels returns THE LIST in its order; the caller must not change it.
func Channels() []Channel { return channels }

// Find returns the channel of that name; the default for "".
func Find(name string) (Channel, error) {
	if name == "" {
		return channels[0], nil
	}
	for _, c := range channels {
		if c.Name == name {
			return c, nil
		}
	}
	return Channel{}, fmt.Errorf("no such channel")
}
