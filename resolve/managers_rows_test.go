//go:build unix

package resolve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// runHere are the rows whose real program some test starts.
var runHere = []string{"pass", "keepassxc", "systemd-creds"}

// above is the comment right above a table of managers.toml.
func above(t *testing.T, name string) string {
	t.Helper()
	head, _, ok := strings.Cut(string(managersTOML), "\n["+name+"]\n")
	if !ok {
		t.Fatalf("managers.toml has no line [%s]", name)
	}
	return head[strings.LastIndex(head, "\n\n")+2:]
}

// Each row is whole: a title, where its texts are from, why it has no check, what
// helps, and a line in docs/backends.md.
func TestManagerRows(t *testing.T) {
	var strict map[string]managerRow
	md, err := tomlfile.Decode(managersTOML, &strict)
	if err != nil || len(md.Undecoded()) > 0 {
		t.Fatalf("Decode(managers.toml) = %v, unknown keys %v; want neither", err, md.Undecoded())
	}
	docs, err := os.ReadFile("../docs/backends.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range strict {
		comment := above(t, name)
		if err := row.judge(); err != nil {
			t.Errorf("[%s]: judge() = %v, want nil", name, err)
		}
		if row.Title == "" || len(row.Credentials) > 0 {
			t.Errorf("[%s]: title %q, credentials %q; want a title, and credentials in THE LIST", name, row.Title, row.Credentials)
		}
		if !strings.Contains(comment, "https://") {
			t.Errorf("[%s]: the comment above it is %q, want the address of its documentation", name, comment)
		}
		if len(row.Check) == 0 && !strings.Contains(strings.ToLower(comment), "no check") {
			t.Errorf("[%s]: no check, and no \"No check: …\" in the comment that says why", name)
		}
		if len(row.SignedOut)+len(row.Locked) > 0 && row.SignIn+row.Advice == "" {
			t.Errorf("[%s]: it can be signed out or locked and has neither sign_in nor advice", name)
		}
		line := lineOf(string(docs), "| `"+name+":")
		if here := !strings.Contains(line, "not run here"); line == "" || here != contains(runHere, name) {
			t.Errorf("[%s]: its line in docs/backends.md is %q, want one that says whether it is run here", name, line)
		}
	}
}

func lineOf(text, start string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, start) {
			return line
		}
	}
	return ""
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// Each text and each exit code leads where its list says, alone and beside a text
// that means "not found".
func TestManagerRowTexts(t *testing.T) {
	for scheme, row := range rows(t) {
		for _, c := range []struct {
			texts []string
			codes []int
			want  error
			text  string
		}{
			{row.NotFound, row.NotFoundExit, ErrNotFound, ""}, {row.SignedOut, row.SignedOutExit, ErrSignedOut, ""},
			{row.Locked, row.LockedExit, ErrLocked, ""}, {row.Denied, row.DeniedExit, nil, "denies this account"},
		} {
			for _, text := range c.texts {
				wantAnswer(t, scheme, &row, text, 1, c.want, c.text)
				if !errors.Is(c.want, ErrNotFound) && len(row.NotFound) > 0 {
					wantAnswer(t, scheme, &row, row.NotFound[0]+"\n"+text, 1, c.want, c.text)
				}
			}
			for _, code := range c.codes {
				wantAnswer(t, scheme, &row, "", code, c.want, c.text)
			}
		}
		wantAnswer(t, scheme, &row, "what no row has", 99, nil, "exit status 99")
	}
}

func wantAnswer(t *testing.T, scheme string, row *managerRow, said string, code int, want error, text string) {
	t.Helper()
	dir := standIn(t, row.Get[0], fmt.Sprintf("echo %s; cat \"$(dirname \"$0\")/said\" >&2; exit %d", planted, code))
	if err := os.WriteFile(filepath.Join(dir, "said"), []byte("x "+said+" "+planted), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ask(t, *row, pathFor(row), watchdog)
	if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) || (OutcomeOf(err) == NotFound) != errors.Is(want, ErrNotFound) {
		t.Errorf("%s says %q, exit status %d: read = %v, %v; want %v %s", scheme, said, code, got, err, want, text)
	} else if holdsPart(err.Error()+hint.Of(err), planted) {
		t.Errorf("%s: read = %v, hint %q; want nothing of the value", scheme, err, hint.Of(err))
	}
}

// pathFor is a path of the row's first form.
func pathFor(row *managerRow) string {
	if len(row.Form) == 0 {
		return "entry"
	}
	return placeholder.ReplaceAllString(row.Form[0], "part")
}

// What a program prints that is no secret, too much of one, or never ends.
func TestManagerRowOutput(t *testing.T) {
	for scheme, row := range rows(t) {
		row.Listing = nil
		for script, c := range map[string]struct {
			want string
			err  error
		}{
			`printf 'a\000\377'`:       {"a\x00\xff", nil},
			`printf 'value\n'`:         {"value", nil},
			`printf 'a\nb\n'`:          {"a\nb\n", nil},
			"cat; printf no-input":     {"no-input", nil},
			"exec cat /dev/zero":       {"", ErrTooBig},
			"exit 0":                   {"", ErrNotFound},
			"cat </dev/tty; printf no": {"no", nil},
		} {
			if row.FirstLine && c.want == "a\nb\n" {
				c.want = "a"
			}
			standIn(t, row.Get[0], script)
			got, err := ask(t, row, pathFor(&row), watchdog)
			if row.Field != "" && c.err == nil {
				if OutcomeOf(err) != Failed {
					t.Errorf("%s: read(%s), no JSON = %q, %v; want a failure", scheme, script, bytesOf(got), err)
				}
				continue
			}
			if !errors.Is(err, c.err) || string(bytesOf(got)) != c.want {
				t.Errorf("%s: read(%s) = %.20q, %v; want %q, %v", scheme, script, bytesOf(got), err, c.want, c.err)
			}
		}
	}
}

// One that hangs ends at the deadline with all that it started.
func TestManagerRowHangs(t *testing.T) {
	for scheme, row := range rows(t) {
		dir := standIn(t, row.Get[0], `exec 9>"$(dirname "$0")/fifo"; echo >&9; sleep 20 & wait`)
		fifo := filepath.Join(dir, "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = os.ReadFile(fifo) }()
		if got, err := ask(t, row, pathFor(&row), 200*time.Millisecond); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s hangs: read = %v, %v; want ErrTimeout", scheme, got, err)
		}
		// On a busy machine it may have been killed before it opened the FIFO: then this
		// ends the reading.
		if f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
		select {
		case <-ended:
		case <-time.After(watchdog):
			t.Errorf("%s hangs: what it started is still there, want it gone", scheme)
		}
	}
}

// A check says what is wrong with all entries, from either output.
func TestManagerChecks(t *testing.T) {
	for scheme, row := range rows(t) {
		if len(row.Check) == 0 {
			continue
		}
		b := bare.BackendOf(scheme)
		for script, want := range map[string]error{"exit 0": nil, "echo " + planted + "; exit 77": errAny} {
			standIn(t, row.Check[0], script)
			if err := b.Check(t.Context(), &Settings{}); (err != nil) != (want != nil) || err != nil && holdsPart(err.Error()+hint.Of(err), planted) {
				t.Errorf("%s: check(%s) = %v, want %v and nothing of what it prints", scheme, script, err, want)
			}
		}
		for _, text := range row.SignedOut {
			for _, to := range []string{"cat said; exit 0", "cat said >&2; exit 0", "cat said; exit 1", "cat said >&2; exit 1"} {
				dir := standIn(t, row.Check[0], `cd "$(dirname "$0")"; `+to)
				if err := os.WriteFile(filepath.Join(dir, "said"), []byte("{"+text+"}"), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := b.Check(t.Context(), &Settings{Person: true}); !errors.Is(err, ErrSignedOut) || hint.Of(err) == "" {
					t.Errorf("%s: check(%s of %q) = %v, hint %q; want ErrSignedOut and what to run", scheme, to, text, err, hint.Of(err))
				}
			}
		}
	}
}

var errAny = errors.New("some error")

// What a row says of a text is told with what helps, and no part of the text.
func TestSays(t *testing.T) {
	for scheme, c := range map[string]struct{ text, want, help string }{
		"systemd-creds": {"Embedded credential name 'x' does not match filename 'y', refusing.", "another name than its file", "FILE#NAME"},
		"keepassxc":     {"Failed to open database file x.kdbx: not found", "cannot be opened", "is it there"},
	} {
		row, err := managerOf(scheme)
		if err != nil {
			t.Fatal(err)
		}
		got := row.explained(&exitError{"exit status 1", 1, c.text, false}, nil)
		if OutcomeOf(got) != Failed || !strings.Contains(got.Error(), c.want) || !strings.Contains(hint.Of(got), c.help) {
			t.Errorf("%s: explained(%s) = %v, hint %q; want %s, hint %s", scheme, c.text, got, hint.Of(got), c.want, c.help)
		}
	}
}
