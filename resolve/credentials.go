package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// BrokerVariable holds the address of the broker, for runs below a dispatcher.
const BrokerVariable = "WG_BROKER"

// credentials are variables that let a program into a secret store and that no
// backend names: our own.
var credentials = []string{BrokerVariable}

// IsCredential reports whether the variable lets a program into a secret store,
// so that a worker must not inherit it. used are the schemes of the references that
// are delivered: what a worker may need itself counts only for those.
func (s *Settings) IsCredential(variable string, used ...string) bool {
	identity := s.identityRef()
	if matches(variable, credentials) || identity.Variable() == variable && variable != "" {
		return true
	}
	if identity.Scheme != "" && (slices.Contains(used, "age") || slices.Contains(used, "auto")) {
		used = append(used[:len(used):len(used)], identity.Scheme)
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

// identityRef is the reference in $WG_AGE_IDENTITY, the zero value if it holds none.
func (s *Settings) identityRef() Ref {
	where := os.Getenv(identityVariable)
	if where == "" {
		return Ref{}
	}
	ref, err := s.ParseRef(where)
	if err != nil {
		return Ref{}
	}
	return ref
}

// DescriptorOf returns the number of the descriptor that a credential variable names:
// one that holds it, or the identity, which the worker must not find either.
func DescriptorOf(variable, value string) (fd int, ok bool) {
	value = strings.TrimSpace(value)
	switch variable {
	case passphraseVariable:
	case identityVariable:
		value, _, _ = strings.Cut(strings.TrimPrefix(value, "file:"), "#/")
		dir, name := filepath.Split(filepath.Clean(value))
		if !slices.Contains([]string{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", fmt.Sprintf("/proc/%d/fd/", os.Getpid())}, dir) {
			return 0, false
		}
		value = name
	default:
		return 0, false
	}
	fd, err := strconv.Atoi(value)
	return fd, err == nil && (fd == 0 || fd > 2)
}

// lettingIn is environ as the program of a backend gets it: without what lets others
// into a store that is not its own.
func (s *Settings) lettingIn(environ, owners []string) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return isOthersCredential(s, name, owners)
	})
}

// isOthersCredential is set below: THE LIST holds the backends that ask it.
var isOthersCredential func(s *Settings, variable string, owners []string) bool

func init() {
	isOthersCredential = func(s *Settings, variable string, owners []string) bool {
		for _, scheme := range owners {
			if b := s.BackendOf(scheme); b != nil && (matches(variable, b.Credentials) || matches(variable, b.CredentialsIfUsed)) {
				return false
			}
		}
		return s.IsCredential(variable)
	}
}

// owners are the schemes whose credentials a row's program gets: its own and, for a
// row of a user's that runs another's program in another way, that one's.
func (row *managerRow) owners(scheme string) []string {
	if base := filepath.Base(row.Get[0]); isManagerName(base) {
		return []string{scheme, base}
	}
	return []string{scheme}
}

func matches(variable string, patterns []string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); variable == p || ok && strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}
