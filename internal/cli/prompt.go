package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/resolve"
)

var (
	errNotAsked     = errors.New("there is no terminal to ask on")
	errNotConfirmed = errors.New("not confirmed")
)

// readValue gets a secret to store: from standard input, or asked for twice on
// the terminal. It has the newline rule applied and is not empty.
func readValue(name string, fromStdin bool) ([]byte, error) {
	if fromStdin {
		return readStdin()
	}
	tty, err := openTerminal()
	if err != nil {
		return nil, hint.Add(errNotAsked, "… | wg-run secret set "+names.Or(name, "NAME")+" --from-stdin")
	}
	defer func() { _ = tty.Close() }()
	first, err := askHidden(context.Background(), tty, "value of "+names.Show(name)+" (not shown): ")
	if err != nil {
		return nil, err
	}
	again, err := askHidden(context.Background(), tty, "once more: ")
	if err != nil {
		clear(first)
		return nil, err
	}
	defer clear(again)
	if !bytes.Equal(first, again) {
		clear(first)
		discardTyped(tty)
		return nil, hint.Add(errors.New("the two are not the same"),
			"for a value of several lines: wg-run secret set "+names.Or(name, "NAME")+" --from-stdin < FILE")
	}
	return first, nil
}

func readStdin() ([]byte, error) {
	if term.IsTerminal(0) {
		return nil, hint.Add(errors.New("standard input is a terminal, which would show the value"), "leave out --from-stdin to be asked")
	}
	secret, err := resolve.ReadSecret(os.Stdin)
	if err != nil {
		return nil, err
	}
	return secret.Bytes(), resolve.Storable(secret)
}

// askPerson has a person type what a backend needs. A program in the background would
// be stopped where it reads the terminal, so it does not.
func askPerson(ctx context.Context, question string) ([]byte, error) {
	tty, err := openTerminal()
	if err != nil {
		return nil, fmt.Errorf("%w, and %w", resolve.ErrLocked, errNotAsked)
	}
	defer func() { _ = tty.Close() }()
	if !inForeground(tty) {
		return nil, fmt.Errorf("%w, and a program in the background cannot ask", resolve.ErrLocked)
	}
	return askHidden(ctx, tty, names.Escaped(question))
}

// askHidden reads one line with echo off. A signal that ends us, or stops us,
// while the terminal does not echo would leave it so.
func askHidden(ctx context.Context, tty *os.File, prompt string) ([]byte, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals...)
	defer signal.Stop(signals)
	restore, err := hideEcho(tty)
	if err != nil {
		return nil, err
	}
	defer restore()
	type line struct {
		b   []byte
		err error
	}
	lines := make(chan line, 1)
	fmt.Fprint(shownOn(tty), prompt)
	go func() {
		b, err := readLine(tty)
		lines <- line{b, err}
	}()
	select {
	case l := <-lines:
		fmt.Fprintln(shownOn(tty))
		return checkTyped(tty, l.b, l.err)
	case <-ctx.Done():
		fmt.Fprintln(shownOn(tty))
		discardTyped(tty)
		return nil, resolve.ErrTimeout
	case s := <-signals:
		restore()
		fmt.Fprintln(shownOn(tty))
		dieOf(s)
		return nil, errors.New("interrupted")
	}
}

func checkTyped(tty *os.File, b []byte, err error) ([]byte, error) {
	if err != nil || len(b) == 0 || len(b) >= maxTyped || bytes.IndexByte(b, 0x1b) >= 0 {
		discardTyped(tty) // the rest of what was pasted is not the shell's
	}
	switch {
	case err == io.EOF || err == nil && len(b) == 0:
		return nil, resolve.ErrEmpty
	case err != nil:
		return nil, err
	case bytes.IndexByte(b, 0x1b) >= 0:
		clear(b)
		return nil, hint.Add(errors.New("an escape character was typed, or the marks of a paste came with it"), "--from-stdin takes any bytes")
	case len(b) >= maxTyped:
		clear(b)
		return nil, hint.Add(fmt.Errorf("a terminal cuts lines at %d bytes", maxTyped), "--from-stdin has no such limit")
	}
	return b, nil
}

// confirm asks a yes-or-no question; anything but yes is an error.
func confirm(question string) error {
	tty, err := openTerminal()
	if err != nil || !term.IsTerminal(0) {
		return hint.Add(errNotAsked, "--yes does not ask")
	}
	defer func() { _ = tty.Close() }()
	fmt.Fprint(shownOn(tty), question+" [y/N] ")
	answer := make([]byte, 64)
	n, err := tty.Read(answer)
	if err != nil && err != io.EOF {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(string(answer[:n]))) {
	case "y", "yes":
		return nil
	}
	return errNotConfirmed
}
