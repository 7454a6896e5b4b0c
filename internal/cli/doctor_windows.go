package cli

import "io/fs"

// openToOthers cannot be told from a mode: Windows has access lists.
func openToOthers(fs.FileMode) bool { return false }
