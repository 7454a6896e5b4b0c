//go:build unix

package cli

import "io/fs"

// openToOthers reports whether a mode gives others anything.
func openToOthers(mode fs.FileMode) bool { return mode&0o077 != 0 }
