package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/graphwork/wg-run/internal/testrig"
)

// A key that interrupts comes to the worker once, each time; so does what is sent.
func TestParentInterrupts(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("$W $C\n", "ready")
		s.until(".")
		_, parent := s.pids()
		shown := ""
		for range 3 {
			s.says("\x03", "<2>")
			shown += string(s.out)
		}
		for n, want := range map[int]string{2: "<2>", 15: "<15>", 1: "<1>", 28: "<28>", 10: "<10>"} {
			s.out = nil
			s.sent(parent, n)
			s.until(want)
			shown += string(s.out)
		}
		// Whatever came twice has come when this has: signals of one sender come in order.
		s.out = nil
		s.sent(parent, 12)
		s.until("<12>")
		shown += string(s.out)
		for signal, want := range map[string]int{"<2>": 4, "<15>": 1, "<1>": 1, "<28>": 1, "<10>": 1} {
			if got := strings.Count(shown, signal); got != want {
				t.Errorf("%s came %d times, want %d: %q", signal, got, want, shown)
			}
		}
		s.says("\x1c", "prompt> ") // SIGQUIT
		s.says("echo status $?.\n", "status 131.")
	})
}

// Stopped with the key, by a read in the background and by somebody; on in the background
// and in the foreground.
func TestParentJobs(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("$W $C\n", ".\r\n")
		s.says("\x1a", "prompt> ")
		s.untilStopped()
		s.says("fg\n", "<18>")
		if n := strings.Count(string(s.out), "<18>"); n != 1 {
			t.Errorf("fg: %d times SIGCONT in %q, want once", n, s.out)
		}
		shown := string(s.out)
		s.says("\x03", "<2>")
		if shown += string(s.out); strings.Contains(shown, "<17>") {
			t.Errorf("fg: the parent's SIGCHLD came to the worker: %q", shown)
		}
		s.says("\x1a", "prompt> ")
		s.says("bg\n", "<18>")
		s.says("kill -USR1 %1; kill -KILL %1; wait\n", "prompt> ")

		s.says("$W sh -c 'read line; echo got $line.' &\n", "prompt> ")
		s.untilStopped()
		s.says("fg\n", "sh -c")
		s.until("\r\n")
		s.says("words\n", "got words.")
		s.until("prompt> ")
		s.says("$W sh -c 'kill -STOP $$; echo went on.'\n", "prompt> ")
		s.says("fg\n", "went on.")
		s.until("prompt> ")
		s.noJob("a worker that stopped itself")
	})
}

// A stop that follows at once on a start lasts, and each start comes to the worker once.
func TestParentJobsQuick(t *testing.T) {
	for _, flags := range []string{"", "--mask "} {
		eachShell(t, func(t *testing.T, s *session) {
			s.says("$B --ref plaintext:k --timeout 1h "+flags+"-- $C\n", ".\r\n")
			for i := range 40 {
				s.says("\x1a", "prompt> ")
				if s.says("fg\n", "<18>"); strings.Count(string(s.out), "<18>") != 1 {
					t.Errorf("fg, number %d: %q, want SIGCONT once", i, s.out)
				}
			}
			s.says("\x03", "<2>")
		})
	}
}

// The terminal's size, and its hangup.
func TestParentTerminal(t *testing.T) {
	s := onShell(t, shells["bash"]...)
	s.says("$W $C\n", ".\r\n")
	if err := setSize(s.tty, 33, 99); err != nil {
		t.Fatal(err)
	}
	s.until("<28>")
	s.says("\x1c", "prompt> ")
	s.says("$W stty size\n", "33 99")
	s.until("prompt> ")
	// This one is the leader of its session, and a hangup comes to it alone.
	p := newParented(t)
	s = onTerminal(t, p.env, "sh", "-c", `exec $W sh -c 'trap "echo hung up >$HOME/hup; exit" HUP; echo ready.; while :; do sleep 0.05; done'`)
	s.until("ready.")
	_ = s.tty.Close()
	_ = s.cmd.Wait()
	if got, err := os.ReadFile(p.wg + "/../hup"); string(got) != "hung up\n" {
		t.Errorf("a hangup: the worker wrote %q, %v; want that it came", got, err)
	}
}

// sent sends a signal once none is pending: the kernel makes one of two, whoever sent them.
func (s *session) sent(pid, n int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || time.Now().After(deadline) {
			s.t.Fatalf("waiting until no signal is pending: %v\n%s", err, status)
		}
		if strings.Contains(string(status), "\nShdPnd:\t0000000000000000\n") {
			break
		}
	}
	if err := syscall.Kill(pid, syscall.Signal(n)); err != nil {
		s.t.Fatal(err)
	}
}

// A worker whose input is no terminal is not in the background for that.
func TestParentWithoutTerminalInput(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("echo x | $W sh -c 'read l </dev/tty; echo got $l.'; echo status $?.\n", "\r\n")
		s.says("words\n", "got words.")
		s.until("status 0.")
	})
}

// What is said from the background comes, also where a terminal stops those who write there.
func TestParentSaysInBackground(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("stty tostop; $W true &\n", "did not read the secret")
		s.says("wait $!; echo status $?.\n", "status 0.")
	})
}

// A dispatcher below a subreaper is a job as any other: in the background its read stops it.
func TestBrokerStaysInJobs(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("$R $B broker -- cat &\n", "prompt> ")
		s.untilStopped()
		s.says("fg\n", "cat")
		s.until("\r\n")
		s.says("words\n", "words\r\nwords\r\n")
		s.says("\x04", "prompt> ")
		s.says("echo status $?.\n", "status 0.")
	})
}

// The caller's process group may be outside of the PID namespace, where getpgrp is 0: the
// terminal stays the caller's.
func TestBrokerStaysInNamespace(t *testing.T) {
	testrig.Need(t, "unshare")
	p := newParented(t)
	unshare := "unshare -pf --mount-proc"
	if os.Geteuid() != 0 {
		unshare = "unshare -Urpf --mount-proc"
	}
	if got := p.sh(unshare + " true"); got.code != 0 {
		testrig.Cannot(t, os.NewSyscallError("unshare: "+got.stderr, syscall.EPERM))
	}
	s := onTerminal(t, p.env, "sh", "-c", unshare+" "+p.bin+" broker -- sh -c 'read y; echo first $y.'; echo ready.; read x; echo got $x.")
	s.typed("one\n")
	s.until("first one.")
	s.until("ready.")
	s.typed("words\n")
	s.until("got words.")
}

func setSize(tty *os.File, rows, columns uint16) error {
	return pty.Setsize(tty, &pty.Winsize{Rows: rows, Cols: columns})
}
