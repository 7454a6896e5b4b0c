//go:build unix

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

	"github.com/graphwork/wg-run/internal/hint"
)

// wantGone wants the process whose id is in the file to have ended.
func wantGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the manager's process: kill(pid, 0) = %v, want ESRCH", err)
	}
}

// A manager that hangs ends with the deadline, whatever it started.
func TestManagerHangs(t *testing.T) {
	for name, script := range map[string]string{
		"itself":                     "exec sleep 20",
		"with a child":               "sleep 20",
		"with a child in a session":  "setsid sleep 20 & exec sleep 20",
		"deaf":                       "trap '' TERM INT HUP; sleep 20",
		"stopped":                    "kill -STOP $$",
		"having printed":             "echo " + planted + "; echo " + planted + " >&2; exec sleep 20",
		"reading the terminal":       "read x </dev/tty; exec sleep 20",
		"printing for ever, slowly":  "while :; do echo x >&2; sleep 1; done",
		"only a child in a session":  "setsid sleep 20 & read x",
		"printing no-such-item text": "echo no such item >&2; exec sleep 20",
	} {
		dir := standIn(t, "fake", `echo $$ >"$(dirname "$0")/pid"; `+strings.ReplaceAll(script, "read x", "read x <\"$(dirname \"$0\")/fifo\""))
		if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ask(t, fake, "x", 300*time.Millisecond)
		if !errors.Is(err, ErrTimeout) || OutcomeOf(err) != Failed || got != nil || holdsPart(err.Error()+hint.Of(err), planted) {
			t.Errorf("a manager that hangs %s: read = %v, %v; want ErrTimeout", name, got, err)
		}
		wantGone(t, filepath.Join(dir, "pid"))
	}
}

// What it started in its own group ends with it: the group holds a FIFO open,
// which is at its end once nobody does.
func TestManagerGroupEnds(t *testing.T) {
	dir := standIn(t, "fake", `exec 9>"$(dirname "$0")/fifo"; sleep 20 & wait`)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = os.ReadFile(fifo) }()
	if got, err := ask(t, fake, "x", 300*time.Millisecond); !errors.Is(err, ErrTimeout) {
		t.Errorf("a manager that waits for its child: read = %v, %v; want ErrTimeout", got, err)
	}
	select {
	case <-ended:
	case <-time.After(watchdog):
		t.Errorf("a manager that waits for its child: the child is still there, want it gone")
	}
}

func TestManagerCancelled(t *testing.T) {
	dir := standIn(t, "fake", `echo >"$(dirname "$0")/fifo"; exec sleep 20`)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(fifo) // returns once the program runs
		cancel()
	}()
	done := make(chan error, 1)
	go func() { _, err := fake.read(ctx, &Settings{}, "fake", "x"); done <- err }()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read(cancelled while it ran) = %v, want context.Canceled", err)
		}
	case <-time.After(watchdog):
		t.Fatalf("read(cancelled while it ran): did not return, want an answer")
	}
}

// What the user typed as a path may be a pasted key: hints repeat it no more
// than errors do.
func TestManagerHintsHidePastedKeys(t *testing.T) {
	for name, script := range map[string]string{
		"garbage": "exit 3", "signed out": "echo sign in first >&2; exit 1", "locked": "echo vault is locked >&2; exit 1", "not found": "echo no such item >&2; exit 1",
	} {
		standIn(t, "fake", script)
		_, err := ask(t, fake, "dev/"+planted, watchdog)
		if err == nil || holdsPart(err.Error()+hint.Of(err), planted) {
			t.Errorf("%s: read(a pasted key) = %v, hint %q; want nothing of it", name, err, hint.Of(err))
		}
	}
}

func TestFence(t *testing.T) {
	if got, err := fence(t.Context(), func() (int, error) { panic(planted) }); err == nil || holdsPart(err.Error(), planted) {
		t.Errorf("fence(panic) = %v, %v; want an error without the panic's text", got, err)
	}
	if got, err := fence(t.Context(), func() (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("fence(7) = %v, %v; want 7", got, err)
	}
	stay := make(chan struct{})
	defer close(stay)
	for want, ctx := range map[error]context.Context{ErrTimeout: over(t), context.Canceled: cancelled()} {
		if got, err := fence(ctx, func() (int, error) { <-stay; return 7, nil }); got != 0 || !errors.Is(err, want) {
			t.Errorf("fence(hanging) = %v, %v; want %v", got, err, want)
		}
	}
	// The context ends while f runs.
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := fence(ctx, func() (int, error) { cancel(); <-stay; return 7, nil })
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("fence(hanging, cancelled meanwhile) = %v, want context.Canceled", err)
		}
	case <-time.After(watchdog):
		t.Errorf("fence(hanging, cancelled meanwhile): did not return, want context.Canceled")
	}
	// An ended context wins, also over an answer that came at once.
	for range 1000 {
		if got, err := fence(cancelled(), func() (int, error) { return 7, nil }); err == nil {
			t.Errorf("fence(7, context ended) = %v, nil; want context.Canceled every time", got)
			break
		}
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// over is a context whose deadline has passed.
func over(t *testing.T) context.Context {
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	t.Cleanup(cancel)
	return ctx
}
