package broker

import "time"

// What Windows has no counterpart for: descriptors by number, sockets that know the
// process at the other end.

// Here says whether this platform has a broker.
const Here = false

// Switch is a change of the active profile that a broker has prepared.
type Switch struct{}

// Launched is a broker that listens.
type Launched struct{ Address }

// Launch returns ErrUnsupported.
func Launch(*Order) (*Launched, error) { return nil, ErrUnsupported }

// Supply returns ErrUnsupported.
func (*Launched) Supply(*Stock) error { return ErrUnsupported }

// Close does nothing.
func (*Launched) Close() {}

// Detach returns ErrUnsupported.
func Detach() error { return ErrUnsupported }

// Serve returns ErrUnsupported.
func Serve(Hooks) error { return ErrUnsupported }

// Ask returns ErrUnsupported.
func Ask(Address, Request, func()) (*Answer, error) { return nil, ErrUnsupported }

// Status returns ErrUnsupported.
func (Address) Status() (Status, error) { return Status{}, ErrUnsupported }

// Forget returns ErrUnsupported.
func (Address) Forget(...string) (int, error) { return 0, ErrUnsupported }

// Reload returns ErrUnsupported.
func (Address) Reload(string, time.Duration) (bool, error) { return false, ErrUnsupported }

// Prepare returns ErrUnsupported.
func (Address) Prepare(string, string, time.Duration) (*Switch, error) { return nil, ErrUnsupported }

// Commit returns ErrUnsupported.
func (*Switch) Commit() error { return ErrUnsupported }

// Undo returns ErrUnsupported.
func (*Switch) Undo() error { return ErrUnsupported }

// Of returns no address.
func (*Switch) Of() Address { return Address{} }

// Keep returns ErrUnsupported.
func (*Switch) Keep() error { return ErrUnsupported }

// Close does nothing.
func (*Switch) Close() {}
