package fdpass

import "os"

// A Windows child inherits handles, not descriptors.
var openPipe, openMemfd func(string, []byte) (*os.File, error)
