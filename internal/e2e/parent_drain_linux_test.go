package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unread is what a script's worker has written when it says its pid: more than its reader's pipe
// holds, so that its parent waits for the reader.
const unread = `head -c 131000 /dev/zero; echo $$ >$HOME/pid.new; mv $HOME/pid.new $HOME/pid`

// A worker that has ended cannot be told to end: then its parent is, also where it has not
// noticed yet.
func TestParentToldLate(t *testing.T) {
	for _, signal := range []string{"TERM", "INT", "HUP"} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			p.env = append(p.env, "B="+p.bin, "S="+signal)
			got := p.sh(`mkfifo $HOME/out; exec 9<>$HOME/out
				$B --ref plaintext:k --mask -- sh -c '` + unread + `; exec sleep 1000' >$HOME/out & w=$!
				until [ -s $HOME/pid ]; do sleep 0.01; done
				kill -STOP $w; kill -KILL $(cat $HOME/pid); kill -$S $w; kill -CONT $w
				wait $w; echo $?`)
			if want := "137\n"; got.code != 0 || got.stdout != want {
				t.Errorf("kill -%s of wg-run, whose worker has ended = %v, want %q", signal, got, want)
			}
		})
	}
}

// A reader that reads nothing holds up neither a worker whose time is up nor wg-run.
func TestTimeoutUnread(t *testing.T) {
	for name, row := range map[string]struct{ worker, says, code string }{
		"it writes on":      {"exec yes", "the worker was ended: the time of --timeout (300ms) is up", "124"},
		"it ended in time":  {unread, "the worker's output is not complete: writing it: whoever reads it does not", "125"},
		"it failed in time": {unread + "; exit 3", "the worker's output is not complete: writing it: whoever reads it does not", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			p.env = append(p.env, "B="+p.bin)
			got := p.sh(`mkfifo $HOME/out; exec 9<>$HOME/out
				$B --ref plaintext:k --mask --timeout 300ms -- sh -c '` + row.worker + `' >$HOME/out; echo $?`)
			if got.stdout != row.code+"\n" || !strings.Contains(got.stderr, row.says) {
				t.Errorf("%s = %v, want %s and %q", row.worker, got, row.code, row.says)
			}
		})
	}
}

// home is the HOME of its shell.
func (s *session) home() string {
	s.t.Helper()
	s.says("echo at home=$HOME=.\n", "=.\r\nat home=")
	s.until("=.\r\n")
	_, home, _ := strings.Cut(string(s.out), "\nat home=")
	home, _, _ = strings.Cut(home, "=")
	s.until("prompt> ")
	return home
}

// gone waits for the pid that the script writes, and until that process is no more.
func (s *session) gone(home string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		pid, err := os.ReadFile(filepath.Join(home, "pid"))
		if err == nil {
			if _, err = os.Stat("/proc/" + strings.TrimSpace(string(pid))); os.IsNotExist(err) {
				return
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the worker %s is there still: %v", pid, err)
		}
	}
}

// Ctrl-Z stops a parent that waits for its reader; fg has it go on.
func TestParentStopsWhileDraining(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		home := s.home()
		s.says("mkfifo $HOME/go; echo ma''de.\n", "made.\r\nprompt> ")
		// The reader starts nothing meanwhile: a shell that has just forked, by vfork(2), is not stopped with it.
		s.typed("$B --ref plaintext:k --mask -- sh -c '" + unread + "' | sh -c 'echo rea\"\"dy.; read go <$HOME/go; echo read $(wc -c).'\n")
		s.until("ready.")
		s.gone(home)
		s.says("\x1a", "prompt> ")
		s.untilStopped()
		s.says("(echo >$HOME/go &); fg\n", "read 131000.")
		s.until("prompt> ")
	})
}

// A worker that is killed while Ctrl-Z has it stopped: those that were started with us are not
// stopped once more.
func TestMaskKilledWhileStopped(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("sh -c '$B --ref plaintext:k --mask -- sh -c \"echo \\$\\$ >\\$HOME/pid; echo rea''dy.; read x\"; echo outer $?.'\n", "ready.")
		s.says("\x1a", "prompt> ")
		s.untilStopped()
		s.says("kill -KILL $(cat $HOME/pid); echo kil''led.\n", "killed.")
		s.until("prompt> ")
		s.says("fg\n", "outer 137.")
		s.until("prompt> ")
	})
}
