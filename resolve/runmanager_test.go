//go:build unix

package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
)

// watchdog ends a test that would hang; no test waits for it otherwise.
const watchdog = 10 * time.Second

// fake is a row of managers.toml for a stand-in, with one text of each kind.
var fake = managerRow{
	Title: "Fake", Get: []string{"fake", "read", "--item={path}"}, SignIn: "fake login {path}",
	NotFound: []string{"no such item"}, SignedOut: []string{"sign in first"}, Locked: []string{"vault is locked"}, Denied: []string{"forbidden"},
}

// standIn puts a shell script of that name first into PATH.
func standIn(t *testing.T, name, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

// ask reads an item of the stand-in under a deadline and a watchdog.
func ask(t *testing.T, row managerRow, path string, deadline time.Duration) (*Secret, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	type answer struct {
		s   *Secret
		err error
	}
	ch := make(chan answer, 1)
	go func() {
		s, err := row.read(ctx, &Settings{}, "fake", path)
		ch <- answer{s, err}
	}()
	select {
	case a := <-ch:
		return a.s, a.err
	case <-time.After(deadline + watchdog):
		t.Fatalf("read(%q): did not return, want an answer at the deadline", path)
		return nil, nil
	}
}

func TestManagerAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		script, want string
		first        bool
	}{
		"plain":                {"printf value", "value", false},
		"one newline":          {"echo value", "value", false},
		"CRLF":                 {`printf 'value\r\n'`, "value", false},
		"two lines":            {`printf 'a\nb\n'`, "a\nb\n", false},
		"first line":           {`printf 'a\nlogin: b\n'`, "a", true},
		"first line, CRLF":     {`printf 'a\r\nlogin: b\r\n'`, "a", true},
		"only line":            {`printf a`, "a", true},
		"binary":               {`printf 'a\000\377\001b'`, "a\x00\xff\x01b", false},
		"binary, newline":      {`printf '\000\n\000\n'`, "\x00\n\x00\n", false},
		"its argument":         {`printf %s "$#:$1:$2"`, "2:read:--item=some path; $(id) 'x'", false},
		"stderr as well":       {"echo 'warning: new version' >&2; echo value", "value", false},
		"a lot on stderr":      {"head -c 300000 /dev/zero >&2; echo value", "value", false},
		"texts, but rc 0":      {"echo 'no such item' >&2; echo value", "value", false},
		"a child stays":        {"sleep 20 & echo value", "value", false},
		"an agent stays":       {"setsid sleep 20 & printf value", "value", false},
		"untranslated":         {`printf %s "$LC_ALL:$LANGUAGE"`, "C.UTF-8:C", false},
		"nothing on its input": {"cat; printf value", "value", false},
	} {
		standIn(t, "fake", c.script)
		t.Setenv("LC_ALL", "de_DE.UTF-8")
		t.Setenv("LANGUAGE", "de")
		row := fake
		row.FirstLine = c.first
		got, err := ask(t, row, "some path; $(id) 'x'", watchdog)
		if err != nil || string(got.Bytes()) != c.want {
			t.Errorf("%s: read = %q, %v; want %q", name, bytesOf(got), err, c.want)
		}
	}
}

func bytesOf(s *Secret) []byte {
	if s == nil {
		return nil
	}
	return s.Bytes()
}

func TestManagerWhole(t *testing.T) {
	standIn(t, "fake", `printf '%s\nlogin: b\n' "$2"`)
	row := fake
	row.FirstLine = true
	if got, err := ask(t, row, "x#all", watchdog); err != nil || string(got.Bytes()) != "--item=x\nlogin: b\n" {
		t.Errorf("read(x#all), first_line = %q, %v; want both lines of x", bytesOf(got), err)
	}
	row.FirstLine = false
	if got, err := ask(t, row, "x#all", watchdog); err != nil || string(got.Bytes()) != "--item=x#all\nlogin: b\n" {
		t.Errorf("read(x#all) = %q, %v; want both lines of x#all", bytesOf(got), err)
	}
}

// No text of the manager reaches an error: it may quote the value.
func TestManagerFails(t *testing.T) {
	for name, c := range map[string]struct {
		script, want, hint string
		outcome            Outcome
	}{
		"garbage":           {"echo KEY; echo KEY >&2; exit 3", "fake ended with exit status 3", "see what it says: fake read --item=x >/dev/null", Failed},
		"binary garbage":    {`printf 'KEY\000\377' >&2; exit 1`, "exit status 1", "see what it says", Failed},
		"the rest later":    {"printf KEY; sleep 20 &", "running fake: it ended before what it started", "", Failed},
		"a signal":          {"echo KEY; kill -TERM $$", "fake ended with signal: terminated", "", Failed},
		"not found":         {"echo 'error: no such item: KEY' >&2; exit 1", "no such entry in Fake", "", NotFound},
		"signed out":        {"echo 'KEY: sign in first' >&2; exit 1", "nobody is signed in to Fake", "run: fake login x", Failed},
		"locked":            {"echo 'KEY: vault is locked' >&2; exit 1", "Fake is locked and was not unlocked", "run: fake login x", Failed},
		"denied":            {"echo 'KEY: forbidden' >&2; exit 1", "Fake denies this account the entry", "", Failed},
		"both":              {"echo 'no such item: forbidden KEY' >&2; exit 1", "denies", "", Failed},
		"text on stdout":    {"echo 'no such item KEY'; exit 1", "exit status 1", "", Failed},
		"text far behind":   {"head -c 100000 /dev/zero >&2; echo 'no such item KEY' >&2; exit 1", "exit status 1", "", Failed},
		"more behind it":    {"echo 'no such item KEY' >&2; head -c 100000 /dev/zero >&2; exit 1", "exit status 1", "", Failed},
		"empty":             {"exit 0", "Fake printed nothing", "", NotFound},
		"a newline":         {"echo", "Fake printed nothing", "", NotFound},
		"empty, but stderr": {"echo KEY >&2", "Fake printed nothing", "", NotFound},
	} {
		standIn(t, "fake", strings.ReplaceAll(c.script, "KEY", planted))
		got, err := ask(t, fake, "x", watchdog)
		if OutcomeOf(err) != c.outcome || !strings.Contains(fmt.Sprint(err), c.want) || !strings.Contains(hint.Of(err), c.hint) || got != nil {
			t.Errorf("%s: read = %v, %v, hint %q; want outcome %v: %s, hint %q", name, got, err, hint.Of(err), c.outcome, c.want, c.hint)
			continue
		}
		if holdsPart(err.Error()+hint.Of(err), planted) || holdsPart(fmt.Sprintf("%+v %#v", err, err), planted) {
			t.Errorf("%s: read = %+v, hint %q; want nothing of the value in it", name, err, hint.Of(err))
		}
	}
}

func TestManagerPaths(t *testing.T) {
	dir := standIn(t, "fake", `echo "$2" >"$(dirname "$0")/ran"; echo value`)
	row := fake
	row.FirstLine = true
	for _, path := range []string{"", "-", "-x", "--help", "#all", "-x#all"} {
		if got, err := ask(t, row, path, watchdog); OutcomeOf(err) != Failed {
			t.Errorf("read(%q) = %q, %v; want a refusal", path, bytesOf(got), err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Errorf("read(paths with a dash): the program ran, want it not started")
	}
}

func TestManagerNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	got, err := ask(t, fake, "x", watchdog)
	if OutcomeOf(err) != Unavailable || !strings.Contains(err.Error(), "the program fake is not installed") || hint.Of(err) == "" {
		t.Errorf("read(no program) = %v, %v, hint %q; want ErrUnavailable with a hint", got, err, hint.Of(err))
	}
	// A program of that name in the current folder is not one.
	dir := standIn(t, "fake", "echo value")
	t.Chdir(dir)
	t.Setenv("PATH", ".")
	if got, err := ask(t, fake, "x", watchdog); err == nil {
		t.Errorf("read(program in .) = %q, nil; want an error", bytesOf(got))
	}
	t.Setenv("PATH", dir)
	if err := os.WriteFile(filepath.Join(dir, "fake"), []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, fake, "x", watchdog); OutcomeOf(err) != Failed {
		t.Errorf("read(bad interpreter) = %q, %v; want a failure", bytesOf(got), err)
	}
}

func TestManagerOutputIsBounded(t *testing.T) {
	for size, want := range map[int]error{MaxSecret: nil, MaxSecret + len("\r\n"): nil, MaxSecret + len("\r\n") + 1: ErrTooBig} {
		standIn(t, "fake", fmt.Sprintf(`head -c %d /dev/zero | tr '\0' x`, size))
		got, err := ask(t, fake, "x", watchdog)
		if !errors.Is(err, want) || err == nil && !bytes.Equal(got.Bytes(), bytes.Repeat([]byte("x"), size)) {
			t.Errorf("read(%d bytes) = %d bytes, %v; want %v", size, len(bytesOf(got)), err, want)
		}
	}
	// One that never ends is ended.
	dir := standIn(t, "fake", `echo $$ >"$(dirname "$0")/pid"; exec cat /dev/zero`)
	if got, err := ask(t, fake, "x", watchdog); !errors.Is(err, ErrTooBig) {
		t.Errorf("read(endless output) = %d bytes, %v; want ErrTooBig", len(bytesOf(got)), err)
	}
	wantGone(t, filepath.Join(dir, "pid"))
}
