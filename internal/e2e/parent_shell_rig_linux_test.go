package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// onShell is an interactive shell on a terminal; $W is wg-run that stays as the parent, $C a
// worker that says which signals come to it.
func onShell(t *testing.T, shell ...string) *session {
	t.Helper()
	testrig.Need(t, shell[0], "python3")
	p := newParented(t)
	catcher := p.wg + "/catcher.py"
	p.put(map[string]string{"catcher.py": `import os, signal, time
for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH, signal.SIGCONT, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(n, lambda n, frame: os.write(1, b"<%d>" % n))
os.write(1, b"ready %d %d.\n" % (os.getpid(), os.getppid()))
for _ in range(1500): time.sleep(0.02) # it outlives a test that fails, but not for ever
`})
	p.put(map[string]string{"subreaper.py": subreaper})
	s := onTerminal(t, append(p.env, "PS1=prompt> ", "TERM=dumb", "HISTFILE=", "C=python3 "+catcher, "B="+p.bin, "R=python3 "+p.wg+"/subreaper.py"), shell[0], shell[1:]...)
	_ = s.tty.SetReadDeadline(time.Now().Add(patience)) // a worker may live longer than the shell
	s.until("prompt> ")
	return s
}

// says types a line and waits for what comes of it.
func (s *session) says(line, want string) {
	s.t.Helper()
	s.out = nil
	s.typed(line)
	s.until(want)
}

// pids are those that $C has said last.
func (s *session) pids() (worker, parent int) {
	s.t.Helper()
	text := string(s.out)
	if _, err := fmt.Sscanf(text[max(strings.LastIndex(text, "ready"), 0):], "ready %d %d.", &worker, &parent); err != nil {
		s.t.Fatalf("the worker says %q: %v", text, err)
	}
	return worker, parent
}

var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "--noediting", "-i"},
	"dash": {"dash", "-i"},
	"zsh":  {"zsh", "-f", "-i", "-y", "+Z", "+o", "promptsp"}, // splits words, edits no lines
}

func eachShell(t *testing.T, test func(t *testing.T, s *session)) {
	for name, argv := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, onShell(t, argv...))
		})
	}
}

// untilStopped waits until the shell has a job that has stopped.
func (s *session) untilStopped() {
	s.t.Helper()
	s.says("until jobs >$HOME/jobs; grep -Eq '[t]opped|[s]uspended' $HOME/jobs; do sleep 0.01; done; echo it st''opped.\n", "it stopped.")
	s.until("prompt> ")
}

var aJob = regexp.MustCompile("[Ss]topped|[Ss]uspended|[Rr]unning")

// noJob wants the shell to have none.
func (s *session) noJob(doing string) {
	s.t.Helper()
	s.says("jobs; echo none''.\n", "none.")
	if out := string(s.out); aJob.MatchString(out) {
		s.t.Errorf("%s: a job is left: %q", doing, out)
	}
	s.until("prompt> ")
}

// noJobSoon waits until the shell has none.
func (s *session) noJobSoon() {
	s.t.Helper()
	s.says("until jobs >$HOME/jobs; test ! -s $HOME/jobs; do sleep 0.01; done; echo no jo''b.\n", "no job.")
	s.until("prompt> ")
}

// hasForeground waits until fg has been dealt with: a process group has the terminal, and has been
// had to go on; if it ran, dash alone does that.
func (s *session) hasForeground(group int, ran bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := unix.IoctlGetInt(int(s.tty.Fd()), unix.TIOCGPGRP)
		if err == nil && got == group {
			break
		}
		if time.Now().After(end) {
			s.t.Fatalf("the terminal's foreground is %d, %v; want %d", got, err, group)
		}
	}
	if !ran || strings.HasSuffix(s.cmd.Path, "dash") {
		s.until("<18>")
	}
}

// isRaw waits until the terminal is raw, or is not.
func (s *session) isRaw(want bool, doing string) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
		if err == nil && (got.Lflag&(unix.ISIG|unix.ECHO) == 0) == want {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s: the terminal is %+v, %v; want it raw: %v", doing, got, err, want)
		}
	}
}
