package resolve

import (
	"context"
	"errors"
	"path/filepath"

	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
		go func() { r.waitStarted(); cancel() }()
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

// waitStarted returns once a plugin has noted that it was started: inotify(7).
func (r *pluginRig) waitStarted() {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		defer func() { _ = unix.Close(fd) }()
		_, err = unix.InotifyAddWatch(fd, filepath.Dir(r.starts), unix.IN_CREATE|unix.IN_MODIFY)
	}
	for events := make([]byte, 4096); err == nil && len(r.started()) == 0; {
		if _, err = unix.Read(fd, events); err == unix.EINTR {
			err = nil
		}
	}
	if err != nil {
		r.t.Errorf("watching for the start of a plugin: %v", err)
	}
}

// wantEnded wants a process to end by itself within the watchdog's time.
func (r *pluginRig) wantEnded(name, text string) {
	r.t.Helper()
	pid, err := strconv.Atoi(text)
	if err != nil {
		r.t.Fatal(err)
	}
	// A descriptor of a process is readable once that has ended: pidfd_open(2).
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(watchdog.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n != 1 {
			r.t.Errorf("a plugin, %s, after the deadline: its process is there (%v), want it ended", name, err)
		}
		return
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
