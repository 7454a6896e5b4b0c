// Package broker keeps the secrets of a dispatcher's profiles in memory, for as long as
// the dispatcher lives, and hands them to the runs of wg-run below it: one lookup for
// each reference, one policy, and nothing for what a worker makes. It knows processes,
// sockets and references. What a file of ~/.wg means is its caller's to say (Hooks), how
// a reference is resolved is package resolve's, and it delivers to nobody: a run does
// that, with what it was handed.
package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// Variable holds the address of the broker (Address), for runs below a dispatcher.
const Variable = resolve.BrokerVariable

// The roles that wg-run takes on for itself, behind "broker" on its command line.
const (
	RoleDetach = "detach" // starts the broker and ends, so that it is nobody's child
	RoleServe  = "serve"  // is the broker
	RoleLookup = "lookup" // asks a backend for the broker
)

// Bounds of a broker.
const (
	// CoolDown is for how long a lookup that failed is answered again without asking.
	CoolDown = 30 * time.Second
	// patience is how long either side waits for the other's next word.
	patience = 5 * time.Second
	// heartbeat is how often a run that waits for a lookup hears of it.
	heartbeat = time.Second
	// maxLookups is how many helpers may run at once.
	maxLookups = 16
	// maxRuns and maxStrangers bound the open connections: of runs below the
	// dispatcher, and of other processes of the user.
	maxRuns, maxStrangers = 1024, 32
)

var (
	// ErrRefused: the broker answers nothing to this process.
	ErrRefused = errors.New("the broker refuses")
	// ErrSilent: the other side said nothing in time.
	ErrSilent = errors.New("it does not answer")
	// ErrGone: the broker has ended, or ended while it was asked.
	ErrGone = errors.New("it has ended")
	// ErrCutOff: the broker lives, and another process keeps us from it.
	ErrCutOff = errors.New("it lives and cannot be reached")
	// ErrUnsupported: this platform has no broker.
	ErrUnsupported = errors.New("there is no broker on this platform")
)

// Policy is what a broker goes by: the content of the files when it was read, and what
// that means.
type Policy struct {
	// Home is the folder of the files.
	Home string
	// Files are config.toml, active-profile and profiles/NAME.toml as they were read.
	Files map[string][]byte
	// Packed is what a run gets in place of the files, by profile; "" is for none.
	Packed map[string]map[string][]byte
	// Active is the profile of a run that names none, "" if there is none.
	Active string
	// Profiles are the secrets of each profile that may be asked for.
	Profiles map[string][]Want
	// Problems are profiles that were left out, and why.
	Problems map[string]error
	// Programs are the programs of managers that were found (resolve.Settings.Programs).
	Programs map[string]string
	// Timeout bounds each call of a backend; 0 for the default.
	Timeout time.Duration
}

// Want is a secret of a profile that the broker looks up.
type Want struct {
	Name string
	Ref  resolve.Ref
}

// Digest stands for what a policy goes by. A run that cannot ask the broker goes by files
// and programs only if they are still those.
func (p *Policy) Digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		_, _ = fmt.Fprintf(h, "%q %q\n", name, p.Files[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.Programs)) {
		_, _ = fmt.Fprintf(h, "%q %q\n", name, p.Programs[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Key names what Forget forgets: SCHEME:PATH, whatever field of it was wanted.
func Key(ref resolve.Ref) string { return ref.Scheme + ":" + ref.Path }

// Hooks is what a broker leaves to its caller.
type Hooks struct {
	// Read makes a policy of the files as they are now; active, where it is not empty,
	// takes the place of active-profile.
	Read func(home, active string) (*Policy, error)
	// Parse makes a policy of files that were read before.
	Parse func(home string, files map[string][]byte) (*Policy, error)
}

// Order is what a broker is started with.
type Order struct {
	Policy *Policy
	// Dispatcher is the process with which it ends.
	Dispatcher int
	// TTL is how long a value is kept; 0 for as long as the dispatcher lives.
	TTL time.Duration
	// Person says that somebody is there to answer a window.
	Person bool
}

// Stock is what a broker gets when it listens already: asking for it takes a person's time, and
// what changes meanwhile it has to hear of.
type Stock struct {
	// Identity opens the age store, where somebody had to unlock it; nil otherwise.
	Identity []byte
	// Values are what was looked up.
	Values []Value
}

// Value is an answer to a lookup.
type Value struct {
	Profile, Name string
	// Secret is nil where Err is not.
	Secret []byte
	// Source is the scheme that answered.
	Source string
	// Says are the lines for a person that came with it.
	Says []string
	Err  *Failure
}

// Failure is the error of a lookup as it goes over a socket. It holds no value.
type Failure struct {
	Text, Hint string
	Outcome    resolve.Outcome
	// Locked says that the store waits for somebody to unlock it.
	Locked bool
}

// Request is what a run asks a broker.
type Request struct {
	// Home is the folder whose profile is wanted.
	Home string
	// Profile is its name, "" for the active one; nil where none is wanted.
	Profile *string
	// Skip names secrets that are not wanted.
	Skip []string
}

// Answer is what it gets.
type Answer struct {
	// Others says that the request is not the broker's business.
	Others bool
	// Files are those of the policy that the run needs, packed (Policy.Packed).
	Files map[string][]byte
	// Values are the secrets of the profile by their names; those that are not the
	// broker's business are missing.
	Values map[string]Value
}

// Status is what a broker tells of itself.
type Status struct {
	PID        int      `json:"pid"`
	Dispatcher int      `json:"dispatcher"`
	Home       string   `json:"home"`
	Active     string   `json:"active"`
	Profiles   []string `json:"profiles"`
	Entries    int      `json:"entries"`
	Lookups    int      `json:"lookups"`
	Hits       int      `json:"hits"`
	Refused    int      `json:"refused"`
	// Workers are those that live.
	Workers int    `json:"workers"`
	Locked  bool   `json:"memory_locked"`
	TTL     string `json:"ttl,omitempty"`
	Since   string `json:"since"`
}
