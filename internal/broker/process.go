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

// CallMe sets the name by which ps(1) lists this process, where the platform can.
func CallMe(name string) {
	if callMe != nil {
		callMe(name)
	}
}

var callMe func(name string)

// The platform's part; nil where there is none.
var (
	processOf func(pid int) (process, error)
	marksOf   func(pid int) (marks, error)
	// ownProc reports whether what the system tells of processes goes by our numbers.
	ownProc func() bool
	// tracerOf is the process that traces another one, 0 if none does.
	tracerOf func(pid int) (int, error)
	// watched watches a process; an error if it has ended.
	watched func(identity) (*watch, error)
)

// watch is a hold on a process, whatever becomes of its number.
type watch struct {
	lives func() bool
	wait  func() error // returns when it has ended
}

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
const maxDepth = 1024

// kin walks from pid to its ancestors, and tells when pid began. A parent counts if the
// child still names it after it was looked at: else it may have ended, and another process
// have its number. The dispatcher, if it lives, had its number all the time.
func kin(pid int, dispatcher identity, lives func() bool, isWorker func(pid int, started uint64) bool) (k kinship, began uint64, err error) {
	p, err := processOf(pid)
	began = p.started
	for range maxDepth {
		switch {
		case err != nil:
			return stranger, began, fmt.Errorf("looking at process %d: %w", pid, err)
		case isWorker(pid, p.started):
			return ofWorker, began, nil
		case pid == dispatcher.pid && p.started == dispatcher.started:
			return below, began, nil
		case p.parent <= 1 && p.parent != dispatcher.pid:
			return stranger, began, nil
		case p.parent == dispatcher.pid && lives():
			pid, p = dispatcher.pid, process{started: dispatcher.started}
			continue
		}
		parent, errParent := processOf(p.parent)
		again, errAgain := processOf(pid)
		switch {
		case errAgain != nil || again.started != p.started:
			return stranger, began, fmt.Errorf("looking at process %d: it has ended", pid)
		case again.parent != p.parent: // it has another one by now
			p = again
		default:
			pid, p, err = p.parent, parent, errParent
		}
	}
	return stranger, began, nil
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
