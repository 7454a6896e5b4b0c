package resolve

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

//go:embed managers.toml
var managersTOML []byte

// managerRow is one table of managers.toml, which documents the keys.
type managerRow struct {
	Title     string            `toml:"title"`
	Get       []string          `toml:"get"`
	Form      []string          `toml:"form"`
	Default   map[string]string `toml:"default"`
	Files     []string          `toml:"files"`
	Never     []string          `toml:"never"`
	FirstLine bool              `toml:"first_line"`
	Field     string            `toml:"field"`
	Listing   []string          `toml:"listing"`
	Asks      bool              `toml:"asks"`
	Prompt    string            `toml:"prompt"`
	Window    bool              `toml:"window"`
	Quiet     []string          `toml:"quiet"`

	NotFound      []string `toml:"not_found"`
	NotFoundExit  []int    `toml:"not_found_exit"`
	SignedOut     []string `toml:"signed_out"`
	SignedOutExit []int    `toml:"signed_out_exit"`
	Locked        []string `toml:"locked"`
	LockedExit    []int    `toml:"locked_exit"`
	Denied        []string `toml:"denied"`
	DeniedExit    []int    `toml:"denied_exit"`

	Says   map[string]string `toml:"says"`
	Advice string            `toml:"advice"`

	SignIn      string   `toml:"sign_in"`
	Unlock      string   `toml:"unlock"`
	Check       []string `toml:"check"`
	Credentials []string `toml:"credentials"`
}

// manager is the backend of a row of managers.toml. The table is decoded when one is
// asked, not at every start.
func manager(scheme, help string, credentials ...string) Backend {
	b := rowBackend(scheme, sync.OnceValues(func() (*managerRow, error) { return managerOf(scheme) }))
	b.Help, b.Credentials = help, credentials
	return b
}

// cloud is manager for one that uses what a worker may need itself: it loses the
// credentials only where a secret of that scheme is delivered.
func cloud(scheme, help string, credentials ...string) Backend {
	b := manager(scheme, help)
	b.CredentialsIfUsed = credentials
	return b
}

func rowBackend(scheme string, row func() (*managerRow, error)) Backend {
	return Backend{
		Scheme:  scheme,
		Program: true,
		runs: func() []string {
			r, err := row()
			if err != nil {
				return nil
			}
			return append(r.Get[:1:1], r.Check[:min(1, len(r.Check))]...)
		},
		Form: func(path string) error {
			r, err := row()
			if err == nil {
				_, err = r.values(scheme, path)
			}
			return err
		},
		Get: func(ctx context.Context, s *Settings, path string) (*Secret, error) {
			r, err := row()
			if err != nil {
				return nil, err
			}
			return r.read(ctx, s, scheme, path)
		},
		Check: func(ctx context.Context, s *Settings) error {
			r, err := row()
			if err != nil {
				return err
			}
			return r.check(ctx, s, scheme)
		},
	}
}

// managerOf decodes one table. All of them would take as long as a small manager runs.
func managerOf(scheme string) (*managerRow, error) {
	_, text, ok := bytes.Cut(managersTOML, []byte("\n["+scheme+"]\n"))
	if !ok {
		return nil, fmt.Errorf("managers.toml has no table for %s", scheme)
	}
	text, _, _ = bytes.Cut(text, []byte("\n["))
	row := &managerRow{}
	if _, err := tomlfile.Decode(text, row); err != nil {
		return nil, fmt.Errorf("reading [%s] of the built-in managers.toml: %w", scheme, err)
	}
	return row, nil
}

// program finds a manager's program and refuses one that others could replace, or that
// is not the one of Settings.Programs.
func program(s *Settings, name string) (string, error) {
	if found, ok := s.Programs[name]; ok {
		return sameProgram(name, found)
	}
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", hint.Add(fmt.Errorf("the program %s is not installed: %w", name, ErrUnavailable),
			"install it, or name another backend in the reference")
	}
	if err != nil {
		return "", fmt.Errorf("finding the program %s: %w", name, err)
	}
	if err := safefile.CheckProgram(path); err != nil {
		return "", fmt.Errorf("looking at the program %s: %w", name, err)
	}
	return path, nil
}

// closed returns an error if the program would open a window to ask somebody.
func (row *managerRow) closed(ctx context.Context, s *Settings, scheme string) error {
	if !row.Window || len(row.Check) == 0 {
		return nil
	}
	err := row.check(ctx, s, scheme)
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrLocked) || ctx.Err() != nil {
		return err
	}
	return hint.Add(fmt.Errorf("%w, or nobody is signed in, and nobody is asked now: %w", ErrLocked, err), hint.Of(err))
}

// maxJSON bounds what is read where the value is a field of it: each of its bytes may
// be written as six, beside what else the manager knows of it.
const maxJSON = 6*MaxSecret + 64<<10

func (row *managerRow) read(ctx context.Context, s *Settings, scheme, path string) (*Secret, error) {
	values, err := row.values(scheme, path)
	if err != nil {
		return nil, err
	}
	j := job{argv: fill(row.Get, values), owners: row.owners(scheme), asks: row.Asks, alone: s.NoPrompt}
	if j.program, err = program(s, row.Get[0]); err != nil {
		return nil, err
	}
	if row.Field != "" {
		j.max = maxJSON
	}
	if s.NoPrompt {
		j.quiet = row.Quiet
		if err := row.closed(ctx, s, scheme); err != nil {
			return nil, err
		}
	}
	if s.Person && !s.NoPrompt && row.Prompt != "" {
		s.say("%s asks for %s; what you type is not shown", row.Title, row.Prompt)
	}
	out, err := runManager(ctx, s, j)
	if err != nil {
		return nil, row.explained(err, values)
	}
	return row.value(out, row.FirstLine && !strings.HasSuffix(path, wholeSuffix))
}
