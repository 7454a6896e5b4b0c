package inject

import "time"

// Stay says why wg-run stays as the worker's parent. With the zero value it is a faithful
// parent and no more.
type Stay struct {
	// Timeout ends the worker; 0 for never.
	Timeout time.Duration
	// Mask keeps the secrets out of what the worker prints.
	Mask bool
	// Once wipes a memory file that has been read.
	Once bool
	// RequireRead makes a worker fail that left a secret unread.
	RequireRead bool
}

// The exit codes that a parent has of its own.
const (
	codeTimedOut = 124
	codeUnread   = 125
	codeSignal   = 128 // and the signal's number
)
