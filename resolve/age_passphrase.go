package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
)

// passphraseVariable holds the number of a descriptor from which the identity's
// passphrase is read, to its end. The worker inherits neither.
const passphraseVariable = "WG_AGE_PASSPHRASE_FD"

// maxPassphrase bounds a passphrase, in bytes.
const maxPassphrase = 64 << 10

// tries is how often a person may type the passphrase.
const tries = 3

// workFactor bounds what opening an identity may cost: 2^20 is 1 GiB of memory and
// some seconds; age writes 2^18.
const workFactor = 20

// readPassphraseFD, where the platform has it, reads a descriptor that was inherited
// and leaves it open: who starts the worker keeps it from the worker.
var readPassphraseFD func(fd int) ([]byte, error)

var errPassphrase = errors.New("the passphrase is wrong")

// openIdentity decrypts an identity file that a passphrase locks, within the deadline.
func openIdentity(ctx context.Context, s *Settings, sealed []byte, from string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Deadline())
	defer cancel()
	sealed = bytes.Clone(sealed) // the caller's is cleared, and one that was given up may go on
	for try := 1; ; try++ {
		passphrase, err := passphraseOf(ctx, s, "passphrase of "+from+" (not shown): ")
		if err != nil {
			return nil, err
		}
		inside, err := fence(ctx, func() ([]byte, error) { return byPassphrase(sealed, passphrase) })
		if err == nil || ctx.Err() == nil { // else it may be in use
			clear(passphrase)
		}
		if !errors.Is(err, errPassphrase) || os.Getenv(passphraseVariable) != "" || try == tries {
			return inside, err
		}
		s.say("%v", errPassphrase)
	}
}

func byPassphrase(sealed, passphrase []byte) ([]byte, error) {
	id, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, errPassphrase
	}
	id.SetMaxWorkFactor(workFactor)
	inside, err := unseal(sealed, maxIdentity, bearable{id})
	if errors.Is(err, errWrongIdentity) {
		return nil, errPassphrase
	}
	return inside, err
}

// bearable refuses what would take too long, in words of its own.
type bearable struct{ *age.ScryptIdentity }

// Unwrap implements age.Identity.
func (b bearable) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != "scrypt" || len(s.Args) != 2 {
			continue
		}
		if n, err := strconv.Atoi(s.Args[1]); err == nil && n > workFactor {
			return nil, &identityError{fmt.Errorf("its work factor is 2^%d, and at most 2^%d is accepted", n, workFactor)}
		}
	}
	return b.ScryptIdentity.Unwrap(stanzas)
}

// passphraseOf reads the passphrase from its descriptor, or asks a person.
func passphraseOf(ctx context.Context, s *Settings, question string) ([]byte, error) {
	if text := os.Getenv(passphraseVariable); text != "" {
		return fence(ctx, func() ([]byte, error) { return passphraseFromFD(text) })
	}
	if s.NoPrompt {
		return nil, hint.Add(fmt.Errorf("%w by a passphrase, which is not asked for here", ErrLocked), onDescriptor)
	}
	if s.Ask == nil {
		return nil, hint.Add(fmt.Errorf("%w by a passphrase, which nobody is there to type", ErrLocked), onDescriptor)
	}
	passphrase, err := s.ask(ctx, question)
	switch {
	case errors.Is(err, ErrEmpty):
		err = errors.New("no passphrase was typed")
	case errors.Is(err, ErrLocked):
		err = hint.Add(err, onDescriptor)
	}
	return passphrase, err
}

const onDescriptor = "give it on a descriptor: " + passphraseVariable + "=9 wg-run … 9<FILE"

// ask has a person type something. It is not fenced: it returns when ctx ends, with the
// terminal as it was.
func (s *Settings) ask(ctx context.Context, question string) ([]byte, error) {
	defer s.asksPerson()()
	return s.Ask(ctx, question)
}

// asksPerson keeps what is said of waiting off a question's line, until the result is
// called.
func (s *Settings) asksPerson() (end func()) {
	asking := &s.ageMemory().asking
	asking.Add(1)
	return func() { asking.Add(-1) }
}

func passphraseFromFD(text string) ([]byte, error) {
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 0 || fd == 1 || fd == 2 {
		return nil, hint.Add(fmt.Errorf("$%s is not the number of a descriptor (not shown, it may be the passphrase)", passphraseVariable),
			passphraseVariable+"=9 wg-run … 9<FILE")
	}
	if readPassphraseFD == nil {
		return nil, fmt.Errorf("$%s: descriptors are not inherited on this system", passphraseVariable)
	}
	passphrase, err := readPassphraseFD(fd)
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase from descriptor %d: %w", fd, err)
	}
	if passphrase = TrimNewline(passphrase); len(passphrase) == 0 {
		return nil, hint.Add(fmt.Errorf("reading the passphrase from descriptor %d: nothing came", fd),
			"a pipe is empty once it was read: each start needs one of its own")
	}
	return passphrase, nil
}

// newPassphrase gets a passphrase to lock an identity with: twice from a person.
func newPassphrase(ctx context.Context, s *Settings) ([]byte, error) {
	if s.Ask == nil && os.Getenv(passphraseVariable) == "" {
		return nil, hint.Add(errors.New("nobody is there to type a passphrase"), onDescriptor)
	}
	first, err := passphraseOf(ctx, s, "new passphrase of the identity (not shown): ")
	if err != nil || os.Getenv(passphraseVariable) != "" {
		return first, err
	}
	again, err := passphraseOf(ctx, s, "once more: ")
	if err != nil {
		clear(first)
		return nil, err
	}
	defer clear(again)
	if !bytes.Equal(first, again) {
		clear(first)
		return nil, errors.New("the two are not the same")
	}
	return first, nil
}
