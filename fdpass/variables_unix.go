//go:build unix

package fdpass

const (
	// NumberSuffix is what the name of a variable with a number ends with.
	NumberSuffix = "_FD"
	// HasPaths says that what is handed over has a path, too.
	HasPaths = true
)
