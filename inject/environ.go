package inject

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/resolve"
)

// environ is an environment in its order. Entries without "=" are kept as they
// are: wg-run changes nothing that it has no reason to.
type environ struct{ list []string }

func newEnviron(list []string) *environ {
	return &environ{append(make([]string, 0, len(list)+8), list...)}
}

// cut splits an entry at its first "=" that is not its first byte.
func cut(entry string) (name, value string, ok bool) {
	if entry == "" {
		return "", "", false
	}
	if i := strings.IndexByte(entry[1:], '='); i >= 0 {
		return entry[:i+1], entry[i+2:], true
	}
	return entry, "", false
}

// get returns the value that getenv(3) finds: the first of that name.
func (e *environ) get(name string) (string, bool) {
	for _, entry := range e.list {
		if n, v, ok := cut(entry); ok && sameName(n, name) {
			return v, true
		}
	}
	return "", false
}

// set replaces the variable in place and removes further entries of its name.
func (e *environ) set(name, value string) {
	put := false
	kept := e.list[:0]
	for _, entry := range e.list {
		if n, _, ok := cut(entry); ok && sameName(n, name) {
			if put {
				continue
			}
			put, entry = true, name+"="+value
		}
		kept = append(kept, entry)
	}
	if !put {
		kept = append(kept, name+"="+value)
	}
	e.list = kept
}

// unset removes variables, about which there is nothing to say.
func (e *environ) unset(names ...string) {
	e.drop(func(name, _ string) string {
		if slices.ContainsFunc(names, func(n string) bool { return sameName(n, name) }) {
			return "it is taken out"
		}
		return ""
	})
}

// drop removes the entries for which why gives a reason.
func (e *environ) drop(why func(name, value string) string) []Dropped {
	var dropped []Dropped
	kept := e.list[:0]
	for _, entry := range e.list {
		name, value, _ := cut(entry)
		if w := why(name, value); w != "" {
			dropped = append(dropped, Dropped{Variable: name, Why: w})
			continue
		}
		kept = append(kept, entry)
	}
	e.list = kept
	return dropped
}

// dropCredentials takes out what lets a program into a secret store, unless
// keep names it, and returns the descriptors that such variables name.
func (e *environ) dropCredentials(s *resolve.Settings, delivered []Delivery, keep []string) (dropped []Dropped, closing []int) {
	var used []string
	for _, d := range delivered {
		used = append(used, d.Ref.Scheme)
	}
	dropped = e.drop(func(name, value string) string {
		if !s.IsCredential(foldName(name), used...) {
			return ""
		}
		for _, k := range keep {
			if sameName(k, name) {
				return ""
			}
		}
		if fd, ok := resolve.DescriptorOf(name, value); ok {
			closing = append(closing, fd)
		}
		return "lets a program into a secret store"
	})
	return dropped, closing
}

// dropStale takes out pairs of an outer wg-run whose numbers this run takes: a
// worker would find another secret behind them.
func (e *environ) dropStale(numbers []int) []Dropped {
	stale := map[string]bool{}
	for _, n := range numbers {
		for _, entry := range e.list {
			name, value, _ := cut(entry)
			base, ok := strings.CutSuffix(foldName(name), fdpass.NumberSuffix)
			if !ok || !strings.HasPrefix(base, "WG_") || value != strconv.Itoa(n) {
				continue
			}
			// A socket has no path.
			if path, has := e.get(base + "_FILE"); !has || !fdpass.HasPaths || path == DevFd+value {
				stale[foldName(name)], stale[base+"_FILE"] = true, fdpass.HasPaths
			}
		}
	}
	return e.drop(func(name, _ string) string {
		if stale[foldName(name)] {
			return "names a descriptor that holds another secret now"
		}
		return ""
	})
}

// dropSources takes out the variables that env: references name.
func (e *environ) dropSources(wants []Want) []Dropped {
	return e.drop(func(name, _ string) string {
		for _, w := range wants {
			if v := w.Ref.Variable(); v != "" && sameName(v, name) {
				return "is where a secret was read from"
			}
		}
		return ""
	})
}

// checkEnv refuses extra variables that are malformed or ours.
func checkEnv(env []string, ours map[string]string) error {
	for i, e := range env {
		name, _, ok := cut(e)
		if !ok || !names.ValidVariable(name) {
			return hint.Add(fmt.Errorf("setting variable %d of [env] and --env: not of the form NAME=TEMPLATE (not shown, it may be a key)", i+1),
				"--env NAME=VALUE, where {fd} and {path} may stand in it, as --env KEY_FILE={path}")
		}
		base := strings.TrimSuffix(strings.TrimSuffix(foldName(name), "_FILE"), fdpass.NumberSuffix)
		if _, taken := ours[base+fdpass.NumberSuffix]; taken && len(base) < len(name) {
			return fmt.Errorf("setting %s: wg-run itself sets it", name)
		}
	}
	return nil
}
