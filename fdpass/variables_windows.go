package fdpass

const (
	// NumberSuffix is what the name of a variable with a number ends with.
	NumberSuffix = "_HANDLE"
	// HasPaths says that what is handed over has a path, too.
	HasPaths = false
)
