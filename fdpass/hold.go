package fdpass

import "os"

// Held is what a channel carries while whoever made it stays: that one feeds what does not
// fit, and can tell whether it was read.
type Held struct {
	// File is for the worker. Close it here once the worker has it.
	File *os.File
	// Feed writes what has not fitted and returns when all is written, or when nobody can read
	// it any more. It is nil where all is in place.
	Feed func()
	// Unread is how many bytes nobody has taken. Of a memory file it is all or none, and of a part
	// of what a socket holds no more is known than that it is one.
	Unread func() int
	// Watch returns true when all who had File, or got it from them, have closed it unread; false where
	// there is nothing to wait for any more. It wipes what is held once. It is nil where nothing can
	// be known.
	Watch func() (abandoned bool)
	// Close lets go of what is kept here. Neither Feed nor Watch may be running: a process that
	// ends need not call it.
	Close func()
}
