package resolve

import (
	"context"
	"fmt"
	"time"
)

// Deadlines of one backend call, where the user set none.
const (
	DefaultTimeout = 20 * time.Second
	PersonTimeout  = 2 * time.Minute
)

// patience is how long a person waits before we say what for.
const patience = time.Second

// Settings is what backends need to know of the world.
type Settings struct {
	// Home is the folder of our files, ~/.wg; "" if it is not known.
	Home string
	// DefaultBackend is the scheme that stores new secrets.
	DefaultBackend string
	// AllowPlaintext lets the plaintext backend be used.
	AllowPlaintext bool
	// Timeout bounds each backend call; 0 for the default.
	Timeout time.Duration
	// Person says that somebody is there to answer a prompt.
	Person bool
	// NoPrompt makes nobody unlock a keyring: one that is locked, or may be, answers
	// with ErrLocked. A password manager is asked, and gets no terminal to ask on.
	NoPrompt bool
	// Managers are the user's own rows, as UserManagers makes them of config.toml.
	Managers []Backend
	// Programs, where it is set, are the programs that may be asked, as FindPrograms found
	// them: one that was put in the place of another is refused.
	Programs map[string]string
	// Judged says that references come from who has looked at their form: a row of
	// managers.toml need not be read for that.
	Judged bool
	// Say prints one line for a person. It may be called from any goroutine.
	Say func(line string)
	// Ask has a person type a line that is not shown, and returns it. Its error wraps
	// ErrLocked where there is nobody to ask. nil: nobody.
	Ask func(ctx context.Context, question string) ([]byte, error)

	opened *ageMemory
}

func (s *Settings) say(format string, args ...any) {
	if s.Say != nil {
		s.Say(fmt.Sprintf(format, args...))
	}
}

// Deadline returns how long one backend call may take: Timeout if set, else two
// minutes while a person is there, else twenty seconds.
func (s *Settings) Deadline() time.Duration {
	switch {
	case s.Timeout > 0:
		return s.Timeout
	case s.Person:
		return PersonTimeout
	}
	return DefaultTimeout
}

// sayWhenSlow tells a person what is waited for; the result ends that.
func (s *Settings) sayWhenSlow(what string) func() {
	if !s.Person {
		return func() {}
	}
	memory := s.ageMemory()
	t := time.AfterFunc(patience, func() {
		if memory.asking.Load() > 0 { // the line is a question's
			return
		}
		s.say("waiting for %s, up to %v (ctrl-c gives up)", what, s.Deadline())
	})
	return func() { t.Stop() }
}
