package verify

import (
	"slices"
	"sync"
	"time"
)

// The verdicts, and what the command returns for each.
const (
	Clean      = "clean"      // 0: no leak was seen
	Leaked     = "leaked"     // 1: one was
	NeverRead  = "never read" // 3: no leak, but somebody did not read a canary
	Incomplete = "incomplete" // 125: no leak, but something could not be looked at
)

// The places in which a canary is seen.
const (
	InArgv        = "argv"
	InEnvironment = "environment"
	InDescriptor  = "descriptor"
	InOutput      = "output"
	InFile        = "file"
)

// Report is what was seen. No text in it holds a canary. Names of fields are stable.
type Report struct {
	Verdict   string   `json:"verdict"`
	Worker    Worker   `json:"worker"`
	Secrets   []Secret `json:"secrets"`
	Leaks     []Leak   `json:"leaks"`
	Processes int      `json:"processes"` // that were followed
	Execs     int      `json:"execs"`     // of which each was looked at
	Watched   []string `json:"watched"`   // folders
	// NotSeen is what could not be looked at in this run: without a leak the verdict is
	// then Incomplete.
	NotSeen []string `json:"not_seen"`
	// Notes are what else should be known of this run.
	Notes []string `json:"notes"`

	mu sync.Mutex // what is printed is searched beside the tracer
	// canaries are what no text may hold.
	canaries []needle
}

// Worker is how the program ended.
type Worker struct {
	Program string  `json:"program"`
	PID     int     `json:"pid"`
	Exit    int     `json:"exit_code"` // -1 where a signal ended it
	Signal  string  `json:"signal"`
	Seconds float64 `json:"seconds"`
}

// Secret is one canary's story.
type Secret struct {
	Name    string `json:"name"`
	Channel string `json:"channel"`
	// Read is yes, partly, no, or unknown where it cannot be seen.
	Read string `json:"read"`
	// First is the first read, Full the one that took the last byte.
	First *Reading `json:"first_read"`
	Full  *Reading `json:"full_read"`
}

// Reading is when a canary was read, and by whom.
type Reading struct {
	Seconds float64 `json:"after_seconds"`
	Program string  `json:"program"`
	PID     int     `json:"pid"`
}

// Leak is one place in which a canary was seen.
type Leak struct {
	Secret string `json:"secret"`
	Where  string `json:"where"`
	// Detail is the argument's number, the variable, the descriptor, the stream, the file.
	Detail string `json:"detail"`
	// Form is how it was written there, "" for a descriptor.
	Form string `json:"form"`
	// Program and PID are whose it was, as far as that is known.
	Program string `json:"program"`
	PID     int    `json:"pid"`
	// When is the moment at which it was looked for.
	When    string  `json:"when"`
	Seconds float64 `json:"after_seconds"`
}

// The moments at which a process is looked at.
const (
	atExec = "when it was executed"
	atEnd  = "at its end"
	atLast = "at the worker's end"
)

// same says that both are of one place; it may be seen there at more than one moment, and
// a process that was merely forked has what its parent has.
func (l Leak) same(other Leak) bool {
	if l.When == atEnd {
		l.PID, other.PID = 0, 0
	}
	l.When, l.Seconds, other.When, other.Seconds = "", 0, "", 0
	return l == other
}

// most bounds each list of a report: a worker may do the same thing for ever.
const most = 1000

func (r *Report) leak(l Leak) {
	l.Detail, l.Program = r.clean(l.Detail), r.clean(l.Program)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Leaks) < most && !slices.ContainsFunc(r.Leaks, l.same) {
		r.Leaks = append(r.Leaks, l)
	}
}

func (r *Report) notSeen(text string) { r.put(&r.NotSeen, text) }
func (r *Report) note(text string)    { r.put(&r.Notes, text) }

func (r *Report) put(list *[]string, text string) {
	text = r.clean(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(*list) < most && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// clean is text, or what stands for one that holds a canary, as a file's name can.
func (r *Report) clean(text string) string {
	for _, n := range r.canaries {
		if n.in(text) != "" {
			return "(not shown: it contains the secret)"
		}
	}
	return text
}

// judge comes to the verdict, when all has been looked at.
func (r *Report) judge() {
	unread := slices.ContainsFunc(r.Secrets, func(s Secret) bool { return s.Read == "no" })
	switch {
	case len(r.Leaks) > 0:
		r.Verdict = Leaked
	case len(r.NotSeen) > 0:
		r.Verdict = Incomplete
	case unread:
		r.Verdict = NeverRead
	default:
		r.Verdict = Clean
	}
}

// Exit is the exit code for the verdict.
func (r *Report) Exit() int {
	return map[string]int{Clean: 0, Leaked: 1, NeverRead: 3, Incomplete: 125}[r.Verdict]
}

func seconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e6 }
