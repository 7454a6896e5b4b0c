package resolve

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const testPassphrase = "correct horse battery staple"

// onFD is a descriptor that gives text, and then ends.
func onFD(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "phrase")
	plantFile(t, path, []byte(text), "")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return strconv.Itoa(int(f.Fd()))
}

func newLockedRig(t *testing.T, passphrase string) *ageRig {
	t.Helper()
	r := newAgeRig(t)
	r.put("identity.txt", locked(t, r.identity.String()+"\n", passphrase, 8))
	r.Ask = answering("not to be asked", new(int))
	return r
}

// The passphrase comes from the descriptor, with its last newline left out as
// everywhere, and nobody is asked.
func TestPassphraseFD(t *testing.T) {
	for doing, c := range map[string]struct{ passphrase, text string }{
		"a line":          {testPassphrase, testPassphrase + "\n"},
		"without newline": {testPassphrase, testPassphrase},
		"CRLF":            {testPassphrase, testPassphrase + "\r\n"},
		"NUL bytes":       {"a\x00b", "a\x00b\n"},
		"not UTF-8":       {"\xff\xfe", "\xff\xfe\n"},
		"blanks around":   {"  x  ", "  x  \n"},
		"several lines":   {"a\nb\n", "a\nb\n"},
		"the largest":     {strings.Repeat("x", maxPassphrase), strings.Repeat("x", maxPassphrase)},
		"one letter":      {"x", "x"},
		"blank lines":     {"\n\n", "\n\n"},
	} {
		r := newLockedRig(t, c.passphrase)
		t.Setenv(passphraseVariable, onFD(t, c.text))
		r.gets("a passphrase with " + doing)
		if _, err := r.Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil { // the descriptor is empty by now
			t.Errorf("a passphrase with %s: Set = %v, want nil: it was read once", doing, err)
		}
	}
}

func TestPassphraseFDRefused(t *testing.T) {
	r := newLockedRig(t, testPassphrase)
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	for doing, c := range map[string]struct{ value, want string }{
		"the wrong one":      {onFD(t, "wrong horse\n"), "the passphrase is wrong"},
		"nothing":            {onFD(t, ""), "nothing came"},
		"a lone newline":     {onFD(t, "\n"), "nothing came"},
		"too much":           {onFD(t, strings.Repeat("x", maxPassphrase+1)), "more than 65536 bytes"},
		"far too much":       {onFD(t, strings.Repeat("x", 2*MaxSecret)), "larger than"},
		"a closed one":       {"900", "bad file descriptor"},
		"a folder":           {strconv.Itoa(int(dir.Fd())), "is a directory"},
		"one past the limit": {"999999999", "bad file descriptor"},
		"no number":          {"hunter2-horse", "is not the number"},
		"the passphrase":     {testPassphrase, "is not the number"},
		"a negative one":     {"-1", "is not the number"},
		"standard output":    {"1", "is not the number"},
		"standard error":     {"2", "is not the number"},
		"a huge number":      {"99999999999999999999", "is not the number"},
		"more than 32 bits":  {"4294967296", "descriptor"},
		"a blank":            {" ", "is not the number"},
		"a fraction":         {"3.0", "is not the number"},
	} {
		t.Setenv(passphraseVariable, c.value)
		text := r.fails("a descriptor that is "+doing, c.want)
		for _, secret := range []string{"horse", "hunter2"} {
			if strings.Contains(text, secret) {
				t.Errorf("a descriptor that is %s: %q, want nothing of the passphrase", doing, text)
			}
		}
	}
}

// A pipe into which nobody writes holds nobody up.
func TestPassphraseFDSilent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fifo.Close() }()
	silent, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = silent.Close(), writer.Close() }()
	for doing, f := range map[string]*os.File{"a FIFO": fifo, "a pipe": silent} {
		r := newLockedRig(t, testPassphrase)
		r.Timeout = 200 * time.Millisecond
		t.Setenv(passphraseVariable, strconv.Itoa(int(f.Fd())))
		if got, err := resolved(t, t.Context(), r.Resolver, ageK); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s that nobody writes to: Resolve = %v, %v; want ErrTimeout", doing, got, err)
		}
		if list, err := listed(t, r.fresh().Resolver); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s that nobody writes to: List = %q, %v; want ErrTimeout", doing, list, err)
		}
		done := make(chan error, 1)
		s := r.fresh().Settings
		s.Home = filepath.Join(t.TempDir(), "new")
		go func() { done <- setUpAge(t.Context(), &s, Setup{Passphrase: true}) }()
		select {
		case err := <-done:
			if !errors.Is(err, ErrTimeout) {
				t.Errorf("%s that nobody writes to: setting up with a passphrase = %v, want ErrTimeout", doing, err)
			}
		case <-time.After(20 * r.Timeout):
			t.Errorf("%s that nobody writes to: setting up with a passphrase did not return, want ErrTimeout", doing)
		}
	}
}

func listed(t *testing.T, r *Resolver) ([]string, error) {
	t.Helper()
	type answer struct {
		list []string
		err  error
	}
	ch := make(chan answer, 1)
	go func() {
		list, err := r.List(t.Context(), "age")
		ch <- answer{list, err}
	}()
	select {
	case a := <-ch:
		return a.list, a.err
	case <-time.After(2 * watchdog):
		t.Fatal("List: did not return, want an answer")
		return nil, nil
	}
}

// A person has three tries; a program that answers for her has one.
func TestPassphraseTries(t *testing.T) {
	for right := 1; right <= 4; right++ {
		r := newLockedRig(t, testPassphrase)
		asked := 0
		r.Ask = func(context.Context, string) ([]byte, error) {
			if asked++; asked == right {
				return []byte(testPassphrase), nil
			}
			return []byte("wrong horse"), nil
		}
		if right <= tries {
			r.gets("a passphrase that is right at try " + strconv.Itoa(right))
		} else {
			r.fails("a passphrase that is wrong three times", "the passphrase is wrong")
		}
		if want := min(right, tries); asked != want || strings.Count(r.said(), errPassphrase.Error()) != want-1 || strings.Contains(r.said(), "horse") {
			t.Errorf("right at try %d: asked %d times, said %q; want %d and that it was wrong", right, asked, r.said(), want)
		}
	}
	r := newLockedRig(t, testPassphrase)
	asked := 0
	r.Ask = answering("", &asked)
	if r.fails("an empty passphrase", "wrong"); asked != tries {
		t.Errorf("an empty passphrase: asked %d times, want %d", asked, tries)
	}
}

// Who may not be asked gets to know that it is locked, and how to open it.
func TestPassphraseNobody(t *testing.T) {
	r := newLockedRig(t, testPassphrase)
	asked := 0
	for doing, ask := range map[string]func(context.Context, string) ([]byte, error){"NoPrompt": answering(testPassphrase, &asked), "nobody": nil} {
		r.fresh().Ask, r.NoPrompt = ask, doing == "NoPrompt"
		got, err := r.Resolve(t.Context(), ageK)
		if !errors.Is(err, ErrLocked) || OutcomeOf(err) != Failed || asked != 0 {
			t.Errorf("%s: Resolve = %v, %v, asked %d times; want ErrLocked", doing, got, err, asked)
		}
	}
}
