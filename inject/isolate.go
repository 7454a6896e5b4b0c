package inject

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// Isolation says how far a worker is kept from the processes around it: it can then
// neither trace nor signal any but its own children, nor read their memory,
// environment and descriptors.
type Isolation int

const (
	// NotIsolated: as if the worker were called directly.
	NotIsolated Isolation = iota
	// IsolatedIfPossible: with what there is here, and without a word where that is
	// not all.
	IsolatedIfPossible
	// Isolated: or not at all.
	Isolated
)

// What the platform knows of isolation; nil where it has none.
var (
	// isolate restricts the calling thread and what it executes.
	isolate func(Isolation) error
	// canIsolate says what is missing.
	canIsolate func() error
	// canMark says why what a worker starts cannot be told from what this process starts.
	canMark func() error
	// elevated says what a program becomes by being executed, "" for nothing: isolate
	// would keep it from that.
	elevated func(path string) string
)

// CanIsolate returns nil where a worker can be isolated, else what is missing.
func CanIsolate() error {
	if canIsolate == nil {
		return errors.New("only Linux can keep processes apart so")
	}
	return canIsolate()
}

// CanMark returns nil where a worker that is isolated as far as possible bears a mark that this
// process has not, and so does all that it starts (a broker's way to know it), else what is
// missing.
func CanMark() error {
	if canMark == nil {
		return errors.New("only Linux has marks for processes")
	}
	return canMark()
}

// isolated plans the isolation, or says why there can be none. It comes before any
// secret is asked for.
func (p *Plan) isolated(i Isolation) error {
	p.Isolate = i
	if i == NotIsolated {
		return nil
	}
	program := names.Or(filepath.Base(p.Path), "WORKER")
	without := hint.Command("wg-run", "--no-isolate", "…", "--", program, "…")
	if i == Isolated {
		if err := CanIsolate(); err != nil {
			return hint.Add(fmt.Errorf("isolating the worker: %w", err), "it takes Linux 6.12 or later; without: "+without)
		}
	}
	if elevated == nil {
		return nil
	}
	if what := elevated(p.Path); what != "" {
		if l := LauncherOf(p.Path); l != nil {
			without += ", or: " + l.Instead
		}
		return hint.Add(fmt.Errorf("isolating the worker: %s runs %s, which no_new_privs does not let it", program, what), without)
	}
	return nil
}

// enter isolates what this thread is about to execute. The thread stays ours for
// good: the others are not restricted, and none may inherit from it.
func (p *Plan) enter() error {
	if p.Isolate == NotIsolated || isolate == nil {
		return nil
	}
	holdThread()
	if err := isolate(p.Isolate); err != nil {
		return hint.Add(fmt.Errorf("isolating the worker: %w", err), "without: "+hint.Command("wg-run", "--no-isolate", "…", "--", "WORKER"))
	}
	return nil
}
