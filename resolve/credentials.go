package resolve

import (
	"os"
	"slices"
	"strings"
)

// credentials are variables that let a program into a secret store and that no
// backend names: our own.
var credentials = []string{"WG_BROKER"}

// IsCredential reports whether the variable lets a program into a secret store,
// so that a worker must not inherit it. used are the schemes of the references that
// are delivered: what a worker may need itself counts only for those.
func (s *Settings) IsCredential(variable string, used ...string) bool {
	if matches(variable, credentials) || os.Getenv(identityVariable) == "env:"+variable {
		return true
	}
	for _, list := range [][]Backend{backends, s.Managers} {
		for i := range list {
			b := &list[i]
			if matches(variable, b.Credentials) || slices.Contains(used, b.Scheme) && matches(variable, b.CredentialsIfUsed) {
				return true
			}
		}
	}
	return false
}

// NamesDescriptor reports whether the value of a credential variable is the
// number of a descriptor that holds it.
func NamesDescriptor(variable string) bool { return variable == passphraseVariable }

func matches(variable string, patterns []string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); variable == p || ok && strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}
