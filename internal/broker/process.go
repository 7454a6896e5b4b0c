package broker

import "fmt"

// process is what the system tells of one.
type process struct {
	parent int
	// started tells two processes apart that had the same number.
	started uint64
}

// marks are what a process can take on and never lay down, and hands to all that it
// starts.
type marks struct {
	noNewPrivs bool
	filters    int // of seccomp
}

// The platform's part; nil where there is none.
var (
	processOf func(pid int) (process, error)
	marksOf   func(pid int) (marks, error)
	// waitFor returns when a process has ended; ready is called once it is surely that
	// process which is waited for.
	waitFor func(pid int, ready func() error) error
)

// unlike reports whether m may be the marks of a worker below a process that had those of
// ours. Where that one had no_new_privs already, a filter more is the mark.
func (m marks) unlike(ours marks) bool {
	return m.noNewPrivs && (!ours.noNewPrivs || m.filters > ours.filters)
}

// kinship is how a process stands to a dispatcher.
type kinship int

const (
	stranger kinship = iota
	below            // of the dispatcher's making, or itself
	ofWorker         // of a worker's making
)

// maxDepth bounds the walk to the dispatcher.
const maxDepth = 128

// kin walks from pid to its ancestors. A parent counts if the child still names it after
// it was looked at: else it may have ended, and another process have its number.
func kin(pid int, dispatcher identity, isWorker func(pid int, started uint64) bool) (kinship, error) {
	p, err := processOf(pid)
	for range maxDepth {
		if err != nil {
			return stranger, fmt.Errorf("looking at process %d: %w", pid, err)
		}
		if isWorker(pid, p.started) {
			return ofWorker, nil
		}
		if pid == dispatcher.pid && p.started == dispatcher.started {
			return below, nil
		}
		if p.parent <= 1 && p.parent != dispatcher.pid {
			return stranger, nil
		}
		var parent process
		parent, err = processOf(p.parent)
		again, errAgain := processOf(pid)
		if errAgain != nil || again.started != p.started {
			return stranger, fmt.Errorf("looking at process %d: it has ended", pid)
		}
		if again.parent != p.parent { // it has another parent by now
			p, err = again, nil
			continue
		}
		pid, p = p.parent, parent
	}
	return stranger, nil
}

// identity is a process for as long as it lives.
type identity struct {
	pid     int
	started uint64
}

func identify(pid int) (identity, error) {
	p, err := processOf(pid)
	return identity{pid, p.started}, err
}

// lives reports whether the process is still there.
func (i identity) lives() bool {
	now, err := identify(i.pid)
	return err == nil && now == i
}
