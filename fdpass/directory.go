package fdpass

// DirectoryRole is argv[0] of the process that OpenDirectory starts this program as, where
// it needs one.
const DirectoryRole = "wg-run: directory"

// ServeDirectory is that process. args are what stands behind argv[0]. It returns its
// exit code.
func ServeDirectory(args []string) int {
	if serveDirectory == nil || serveDirectory(args) != nil {
		return 1
	}
	return 0
}

// serveDirectory, where the platform has it, is ServeDirectory.
var serveDirectory func(args []string) error
