package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

// value applies the newline rule and turns "nothing printed" into ErrNotFound:
// some managers exit with 0 then, and an empty secret is never delivered.
func (row *managerRow) value(out []byte, first bool) (*Secret, error) {
	if _, second, ok := bytes.Cut(out, []byte("\n")); ok {
		for _, l := range row.Listing {
			if bytes.HasPrefix(second, []byte(l)) {
				clear(out)
				return nil, fmt.Errorf("the path is a folder: %w in %s", ErrNotFound, row.Title)
			}
		}
	}
	b := out
	if i := bytes.IndexByte(b, '\n'); first && i >= 0 {
		clear(b[i+1:])
		b = b[:i+1]
	}
	b = TrimNewline(b)
	if len(b) == 0 {
		return nil, fmt.Errorf("%s printed nothing: %w", row.Title, ErrNotFound)
	}
	secret := NewSecret(b)
	if row.Field == "" {
		return secret, nil
	}
	if err := secret.pick(row.Field); err != nil {
		secret.Wipe()
		return nil, fmt.Errorf("reading the answer of %s: %w", row.Title, err)
	}
	return secret, nil
}

// explained sorts a manager's failure by its row. What the manager wrote is matched
// and never repeated: it could quote a value. What means a failure outweighs what
// means "not found".
func (row *managerRow) explained(err error, values map[string]string) error {
	e, ok := errors.AsType[*exitError](err)
	if !ok {
		return fmt.Errorf("running %s: %w", row.Get[0], err)
	}
	shown := map[string]string{}
	for name, value := range values {
		shown[name] = shownPath(value)
	}
	if err := row.failure(e.stderr, e.code, shown); err != nil {
		return err
	}
	if has(row.NotFound, row.NotFoundExit, e.stderr, e.code) && !e.cut { // the rest could say that it failed
		return fmt.Errorf("%w in %s", ErrNotFound, row.Title)
	}
	return hint.Add(fmt.Errorf("%s ended with %s (what it said is not shown, it may hold a value)", row.Get[0], e.status),
		seeWhat(fill(row.Get, shown)))
}

// seeWhat is the hint to run it again and look. Where it works now, it would show a value.
func seeWhat(argv []string) string {
	return "see what it says: " + hint.Command(argv...) + " >/dev/null"
}

// failure is what a text, or an exit code, says about all entries; nil if nothing.
func (row *managerRow) failure(text string, code int, shown map[string]string) error {
	switch {
	case has(row.SignedOut, row.SignedOutExit, text, code):
		return hint.Add(fmt.Errorf("%w to %s", ErrSignedOut, row.Title), row.runHint(row.SignIn, shown))
	case has(row.Locked, row.LockedExit, text, code):
		command := row.Unlock
		if command == "" {
			command = row.SignIn
		}
		return hint.Add(fmt.Errorf("%s is %w and was not unlocked", row.Title, ErrLocked), row.runHint(command, shown))
	case has(row.Denied, row.DeniedExit, text, code):
		return fmt.Errorf("%s denies this account the entry", row.Title)
	}
	for _, said := range slices.Sorted(maps.Keys(row.Says)) {
		if strings.Contains(text, said) {
			meaning, help, _ := strings.Cut(row.Says[said], "; ")
			return hint.Add(fmt.Errorf("%s: %s", row.Title, meaning), help)
		}
	}
	return nil
}

func has(texts []string, codes []int, text string, code int) bool {
	return slices.Contains(codes, code) || slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(text, t) })
}

// runHint is the hint to run a command of a row, or what it advises where no command
// helps; what it cannot say is left out.
func (row *managerRow) runHint(command string, shown map[string]string) string {
	if command == "" {
		return row.Advice
	}
	return "run: " + hint.Command(fill(strings.Fields(command), shown)...)
}

// checkTime bounds one check of a manager: many are run, and a person waits.
const checkTime = 5 * time.Second

// check says whether the manager is there, and, where its row can tell, whether it
// would answer. Nobody is asked anything.
func (row *managerRow) check(ctx context.Context, s *Settings, scheme string) error {
	if _, err := program(s, row.Get[0]); err != nil || len(row.Check) == 0 {
		return err
	}
	file, err := program(s, row.Check[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	out, err := runManager(ctx, s, job{program: file, argv: row.Check, owners: row.owners(scheme), alone: true, talk: true})
	text, code := string(out), 0
	clear(out)
	if e, ok := errors.AsType[*exitError](err); ok {
		text, code = e.stderr, e.code
	} else if err != nil {
		return fmt.Errorf("asking %s: %w", row.Check[0], err)
	}
	if err := row.failure(text, code, nil); err != nil {
		return err
	}
	if code != 0 && !has(row.NotFound, row.NotFoundExit, text, code) {
		return hint.Add(fmt.Errorf("%s answers with exit status %d (what it said is not shown)", row.Check[0], code),
			seeWhat(row.Check))
	}
	return nil
}
