package resolve

import (
	"context"
	"errors"

	"strconv"
	"syscall"
	"testing"
	"time"
)

// A plugin that hangs ends with the deadline.
func TestPluginDeadline(t *testing.T) {
	r := newPluginRig(t, "hang")
	t.Cleanup(func() { r.killAll() })
	r.Timeout = 200 * time.Millisecond
	got, err := resolved(t, t.Context(), r.Resolver, ageK)
	if !errors.Is(err, ErrTimeout) || OutcomeOf(err) != Failed || got != nil || r.leaks(err.Error()) {
		t.Errorf("a plugin that hangs: Resolve = %v, %v; want ErrTimeout", got, err)
	}
}

// Neither one that hangs nor one that talks for ever is there any longer when we are
// not waiting any more: it may hold the token, and was given the identity.
func TestPluginHangs(t *testing.T) {
	for _, name := range []string{"hang", "endless"} {
		r := newPluginRig(t, name)
		t.Cleanup(func() { r.killAll() })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(r.started()) == 0 && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		got, err := resolved(t, ctx, r.Resolver, ageK)
		if OutcomeOf(err) != Failed || got != nil || r.leaks(err.Error()) {
			t.Errorf("a plugin, %s, and nobody waits: Resolve = %v, %v; want a failure", name, got, err)
		}
		if list := r.started(); len(list) != 1 {
			t.Errorf("a plugin, %s: %q were started, want one", name, list)
		} else {
			r.wantEnded(name, list[0])
		}
	}
}

// wantEnded wants a process to end by itself within the watchdog's time.
func (r *pluginRig) wantEnded(name, text string) {
	r.t.Helper()
	pid, err := strconv.Atoi(text)
	if err != nil {
		r.t.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		if time.Now().After(end) {
			r.t.Errorf("a plugin, %s, 2 s after the deadline: its process is there, want it ended", name)
			return
		}
	}
}

// killAll ends what a test's plugins left.
func (r *pluginRig) killAll() {
	for _, text := range r.started() {
		if pid, err := strconv.Atoi(text); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// questionEnds resolves while somebody is asked who does not answer; that the question
// has ended is to be so before Resolve returns, since the process may end then, and
// would leave the terminal without echo.
func (r *ageRig) questionEnds(doing string) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	asked, ended := make(chan struct{}), make(chan struct{})
	r.Ask = func(ctx context.Context, _ string) ([]byte, error) {
		close(asked)
		cancel()
		select {
		case <-ctx.Done():
		case <-time.After(2 * watchdog):
		}
		time.Sleep(20 * time.Millisecond) // what it takes to give the terminal its echo back
		close(ended)
		return nil, ctx.Err()
	}
	if got, err := resolved(r.t, ctx, r.Resolver, ageK); OutcomeOf(err) != Failed {
		r.t.Errorf("%s: Resolve, nobody answers = %v, %v; want a failure", doing, got, err)
	}
	for what, ch := range map[string]chan struct{}{"asked": asked, "ended": ended} {
		select {
		case <-ch:
		default:
			r.t.Errorf("%s: Resolve returned, and the question was not %s", doing, what)
		}
	}
}

func TestQuestionsEnd(t *testing.T) {
	p := newPluginRig(t, "pin")
	t.Cleanup(func() { p.killAll() })
	p.questionEnds("the PIN of a plugin")
	r := newAgeRig(t)
	r.put("identity.txt", locked(t, r.identity.String(), "x", 8))
	r.questionEnds("a passphrase")
}
