package resolve

import (
	"context"
	"errors"
)

// A backend answers with the secret, or with an error. An error that wraps
// ErrNotFound or ErrUnavailable lets a search go on; every other one means that
// the backend failed (locked, denied, timed out, corrupt) and stops it.
var (
	// ErrNotFound: the store works and has no such entry.
	ErrNotFound = errors.New("no such entry")
	// ErrUnavailable: there is no such service here.
	ErrUnavailable = errors.New("not available here")

	// ErrLocked: the store waits for somebody to unlock it.
	ErrLocked = errors.New("locked")
	// ErrSignedOut: the manager works, and does not know who asks.
	ErrSignedOut = errors.New("nobody is signed in")
	// ErrThere: there is an entry of that name, and it was not to be replaced.
	ErrThere = errors.New("there is an entry of that name")
	// ErrTimeout: no answer within the deadline.
	ErrTimeout = errors.New("no answer in time")
	// ErrEmpty: the value is empty, which is never stored and never delivered.
	ErrEmpty = errors.New("the value is empty")
	// ErrTooBig: the value is larger than MaxSecret.
	ErrTooBig = errors.New("the value is larger than 1 MiB (1048576 bytes)")
)

// Outcome is one of the four ways in which a backend answers.
type Outcome int

// The outcomes. Only NotFound and Unavailable let a search go on.
const (
	Found Outcome = iota
	NotFound
	Unavailable
	Failed
)

// OutcomeOf sorts the error of a backend.
func OutcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Found
	case errors.Is(err, ErrNotFound):
		return NotFound
	case errors.Is(err, ErrUnavailable):
		return Unavailable
	}
	return Failed
}

// fence runs f and returns when ctx ends, whether f did or not: a library
// without a context may hang for ever, and may panic when its peer dies.
func fence[T any](ctx context.Context, f func() (T, error)) (T, error) {
	if ctx.Err() != nil {
		var none T
		return none, timedOut(ctx)
	}
	type answer struct {
		v   T
		err error
	}
	ch := make(chan answer, 1)
	go func() {
		a := answer{err: errors.New("its connection broke down")}
		defer func() {
			_ = recover() // the panic's text may hold a value
			ch <- a
		}()
		a.v, a.err = f()
	}()
	select {
	case a := <-ch:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, timedOut(ctx)
	}
}

// timedOut is the error of a call that was given up because ctx ended.
func timedOut(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimeout
	}
	return ctx.Err()
}
