package fdpass

import "os"

// A Windows child inherits handles, not descriptors.
var openPipe, openSocket, openMemfd, openInDirectory func(string, []byte) (*os.File, error)

// OpenDirectory returns ErrUnsupported.
func OpenDirectory(map[string]int) (*os.File, error) { return nil, ErrUnsupported }

var holdPipe, holdSocket, holdMemfd func(string, []byte, bool) (*Held, error)
