package fdpass

import "strings"

// MainName is the name of a worker's main secret.
const MainName = "api_key"

// Variables returns the two environment variables that tell a worker where the
// secret of that name is: WG_<NAME>_FD holds the descriptor's number and
// WG_<NAME>_FILE a path to it. NAME is in upper case, with _ for anything but
// A–Z and 0–9. On Windows, where a child inherits handles, it is WG_<NAME>_HANDLE, and
// file is "".
func Variables(name string) (fd, file string) {
	up := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	if HasPaths {
		file = "WG_" + up + "_FILE"
	}
	return "WG_" + up + NumberSuffix, file
}
