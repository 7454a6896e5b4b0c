package resolve

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

//go:embed managers.toml
var managersTOML []byte

// managerRow is one table of managers.toml, which documents the keys.
type managerRow struct {
	Title     string   `toml:"title"`
	Get       []string `toml:"get"`
	FirstLine bool     `toml:"first_line"`
	NotFound  []string `toml:"not_found"`
	SignedOut []string `toml:"signed_out"`
	Locked    []string `toml:"locked"`
	Denied    []string `toml:"denied"`
	SignIn    string   `toml:"sign_in"`
	Listing   []string `toml:"listing"`
}

// wholeSuffix asks a first_line manager for the entire entry.
const wholeSuffix = "#all"

// manager is the backend of a row. The table is decoded when one is asked, not at
// every start.
func manager(scheme, help string, credentials ...string) Backend {
	return Backend{
		Scheme:      scheme,
		Help:        help,
		Credentials: credentials,
		Get: func(ctx context.Context, s *Settings, path string) (*Secret, error) {
			row, err := managerOf(scheme)
			if err != nil {
				return nil, err
			}
			return row.read(ctx, s, path)
		},
		Check: func(context.Context, *Settings) error {
			row, err := managerOf(scheme)
			if err == nil {
				_, err = row.program()
			}
			return err
		},
	}
}

func managerOf(scheme string) (*managerRow, error) {
	rows, err := managerRows()
	if err != nil {
		return nil, err
	}
	row, ok := rows[scheme]
	if !ok {
		return nil, fmt.Errorf("managers.toml has no table for %s", scheme)
	}
	return &row, nil
}

func managerRows() (map[string]managerRow, error) {
	var rows map[string]managerRow
	if _, err := tomlfile.Decode(managersTOML, &rows); err != nil {
		return nil, fmt.Errorf("reading the built-in managers.toml: %w", err)
	}
	return rows, nil
}

// program finds the manager's program.
func (row *managerRow) program() (string, error) {
	program, err := exec.LookPath(row.Get[0])
	if errors.Is(err, exec.ErrNotFound) {
		return "", hint.Add(fmt.Errorf("the program %s is not installed: %w", row.Get[0], ErrUnavailable),
			"install it, or name another backend in the reference")
	}
	if err != nil {
		return "", fmt.Errorf("finding the program %s: %w", row.Get[0], err)
	}
	return program, nil
}

func (row *managerRow) read(ctx context.Context, s *Settings, path string) (*Secret, error) {
	whole := !row.FirstLine
	if rest, ok := strings.CutSuffix(path, wholeSuffix); ok && row.FirstLine {
		path, whole = rest, true
	}
	if strings.HasPrefix(path, "-") || path == "" {
		return nil, fmt.Errorf("a path of %s is not empty and does not begin with a dash", row.Title)
	}
	program, err := row.program()
	if err != nil {
		return nil, err
	}
	argv := withPath(row.Get, path)
	out, err := runManager(ctx, s, program, argv)
	if err != nil {
		return nil, row.explained(err, argv, path)
	}
	return row.value(out, whole)
}

// value applies the newline rule and turns "nothing printed" into ErrNotFound:
// some managers exit with 0 then, and an empty secret is never delivered.
func (row *managerRow) value(out []byte, whole bool) (*Secret, error) {
	if _, second, ok := bytes.Cut(out, []byte("\n")); ok {
		for _, l := range row.Listing {
			if bytes.HasPrefix(second, []byte(l)) {
				clear(out)
				return nil, fmt.Errorf("the path is a folder: %w in %s", ErrNotFound, row.Title)
			}
		}
	}
	b := out
	if !whole {
		for i, c := range b {
			if c == '\n' {
				clear(b[i+1:])
				b = b[:i+1]
				break
			}
		}
	}
	b = TrimNewline(b)
	if len(b) == 0 {
		return nil, fmt.Errorf("%s printed nothing: %w", row.Title, ErrNotFound)
	}
	return NewSecret(b), nil
}

// exitError is a manager that ended with an exit status other than 0.
type exitError struct {
	status string
	stderr string
	cut    bool // there was more on stderr
}

func (e *exitError) Error() string { return e.status }

// explained sorts a manager's failure by the texts of its row. What the manager
// wrote is matched and never repeated: it could quote a value. A text that
// means failure outweighs one that means "not found".
func (row *managerRow) explained(err error, argv []string, path string) error {
	e, ok := errors.AsType[*exitError](err)
	if !ok {
		return fmt.Errorf("running %s: %w", argv[0], err)
	}
	has := func(texts []string) bool {
		for _, t := range texts {
			if strings.Contains(e.stderr, t) {
				return true
			}
		}
		return false
	}
	shown := shownPath(path)
	signIn := "run: " + hint.Command(withPath(strings.Fields(row.SignIn), shown)...)
	switch {
	case has(row.SignedOut):
		return hint.Add(fmt.Errorf("nobody is signed in to %s", row.Title), signIn)
	case has(row.Locked):
		return hint.Add(fmt.Errorf("%s is %w and could not ask anybody", row.Title, ErrLocked), signIn)
	case has(row.Denied):
		return fmt.Errorf("%s denies this account the entry", row.Title)
	case has(row.NotFound) && !e.cut: // the rest could say that it failed
		return fmt.Errorf("%w in %s", ErrNotFound, row.Title)
	}
	return hint.Add(fmt.Errorf("%s ended with %s (what it said is not shown, it may hold a value)", argv[0], e.status),
		"see what it says: "+hint.Command(withPath(row.Get, shown)...))
}

func withPath(argv []string, path string) []string {
	out := make([]string, len(argv))
	for i, a := range argv {
		out[i] = strings.ReplaceAll(a, "{path}", path)
	}
	return out
}
