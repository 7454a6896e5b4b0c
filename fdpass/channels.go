// Package fdpass puts bytes behind a file descriptor that a child process can
// inherit, and reads them on the other side. A descriptor it makes is already
// filled: no writer has to stay. The reading side (Read) finds it by the
// variables that a worker gets. What the bytes are, and how the child is started, is
// not known here.
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
	// wraps ErrTooBig where the kernel does not hold that many bytes. It is nil
	// where the platform does not have the channel.
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

// Find returns the channel of that name; the default for "". The error wraps
// ErrUnsupported where the platform does not have it.
func Find(name string) (Channel, error) {
	for _, c := range channels {
		switch {
		case c.Name != name && name != "":
		case c.Open == nil:
			return Channel{}, fmt.Errorf("channel %s: %w", c.Name, ErrUnsupported)
		default:
			return c, nil
		}
	}
	return Channel{}, errors.New("no such channel")
}
