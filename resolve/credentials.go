package resolve

import "strings"

// credentials are variables that let a program into a secret store and that no
// line of THE LIST names: those of managers that have no line yet, and our own.
var credentials = []string{
	"BW_SESSION", "BWS_ACCESS_TOKEN", "VAULT_TOKEN", "WG_AGE_PASSPHRASE_FD", "WG_BROKER",
}

// IsCredential reports whether the variable lets a program into a secret store,
// so that a worker must not inherit it.
func IsCredential(variable string) bool {
	if matches(variable, credentials) {
		return true
	}
	for i := range backends {
		if matches(variable, backends[i].Credentials) {
			return true
		}
	}
	return false
}

// NamesDescriptor reports whether the value of a credential variable is the
// number of a descriptor that holds it.
func NamesDescriptor(variable string) bool { return variable == "WG_AGE_PASSPHRASE_FD" }

func matches(variable string, patterns []string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); variable == p || ok && strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}
