//go:build unix

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// patience ends a test that would hang.
const patience = 20 * time.Second

// session is wg-run on a terminal of its own.
type session struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File
	out []byte
}

func onTerminal(t *testing.T, env []string, bin string, args ...string) *session {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Env = env
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatalf("starting on a terminal: %v", err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	alarm := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { alarm.Stop() })
	return &session{t: t, cmd: cmd, tty: tty}
}

// until reads what the terminal shows until it shows text.
func (s *session) until(text string) {
	s.t.Helper()
	buf := make([]byte, 4096)
	for !bytes.Contains(s.out, []byte(text)) {
		n, err := s.tty.Read(buf)
		s.out = append(s.out, buf[:n]...)
		if err != nil {
			s.t.Fatalf("waiting for %q: %v; shown: %q", text, err, s.out)
		}
	}
}

// typed sends keys once the terminal does not echo.
func (s *session) typed(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// ended reads to the end and returns the exit status, 128+n for signal n.
func (s *session) ended() int {
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		s.out = append(s.out, buf[:n]...)
		if err != nil {
			break
		}
	}
	_ = s.cmd.Wait()
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	on, err := echo(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return on
}

// TestPrompt stores a secret that is typed: twice, and shown nowhere.
func TestPrompt(t *testing.T) {
	env, bin := home(t)
	s := onTerminal(t, env, bin, "secret", "set", "typed")
	s.until("value of 'typed' (not shown): ")
	s.untilSilent()
	s.typed("typed-secret\n")
	s.until("once more: ")
	s.untilSilent()
	s.typed("typed-secret\n")
	if got := s.ended(); got != 0 || strings.Contains(string(s.out), "typed-secret") {
		t.Errorf("secret set: status %d, want 0, and nothing typed in %q", got, s.out)
	}
	get := exec.Command(bin, "secret", "get", "plaintext:typed", "--reveal")
	get.Env = env
	if out, err := get.Output(); string(out) != "typed-secret" {
		t.Errorf("secret get: got %q, %v, want the value that was typed", out, err)
	}
}

// TestPromptMismatch refuses two values that differ, and drops what was typed
// ahead: the rest of a pasted key must not reach the shell.
func TestPromptMismatch(t *testing.T) {
	env, bin := home(t)
	s := onTerminal(t, env, "sh", "-c", `"$0" secret set typed; read -r rest; echo "left: $rest"`, bin)
	s.until("(not shown): ")
	s.untilSilent()
	s.typed("-----BEGIN KEY-----\nMIIB\n-----END KEY-----\nrm -rf x\n")
	s.until("the two are not the same")
	s.until("--from-stdin < FILE")
	s.typed("typed later\n")
	s.until("left: ")
	if s.ended(); !strings.Contains(string(s.out), "left: typed later") || strings.Contains(string(s.out), "MIIB") {
		t.Errorf("secret set: the shell got the rest, or the value is shown: %q", s.out)
	}
}

// TestPromptEmptyLine drops what follows an empty line, too.
func TestPromptEmptyLine(t *testing.T) {
	env, bin := home(t)
	s := onTerminal(t, env, "sh", "-c", `"$0" secret set typed; read -r rest; echo "left: $rest"`, bin)
	s.until("(not shown): ")
	s.untilSilent()
	s.typed("\nsk-pasted-key\n")
	s.until("the value is empty")
	s.typed("typed later\n")
	s.until("left: ")
	if s.ended(); !strings.Contains(string(s.out), "left: typed later") {
		t.Errorf("secret set: the shell got the rest: %q", s.out)
	}
}

// TestPromptEnded takes ctrl-D for "nothing".
func TestPromptEnded(t *testing.T) {
	env, bin := home(t)
	s := onTerminal(t, env, bin, "secret", "set", "typed")
	s.until("(not shown): ")
	s.untilSilent()
	s.typed("\x04")
	if got := s.ended(); got != 1 || !strings.Contains(string(s.out), "the value is empty") {
		t.Errorf("secret set, ctrl-D: status %d, want 1; shown %q", got, s.out)
	}
}

// TestPromptHangup ends also where the caller ignores the signal.
func TestPromptHangup(t *testing.T) {
	env, bin := home(t)
	s := onTerminal(t, env, "sh", "-c", `trap "" HUP; exec "$0" secret set typed`, bin)
	s.until("(not shown): ")
	s.untilSilent()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := s.ended(); got != 129 {
		t.Errorf("secret set, HUP while it is ignored: status %d, want 129", got)
	}
}

// TestPromptInterrupted leaves the terminal with echo, and dies of the signal.
func TestPromptInterrupted(t *testing.T) {
	for key, want := range map[string]int{"\x03": 130, "\x1a": 130, "\x1c": 130} {
		env, bin := home(t)
		s := onTerminal(t, env, bin, "secret", "set", "typed")
		other, err := os.OpenFile(s.tty.Name(), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.until("(not shown): ")
		s.untilSilent()
		s.typed("half a sec" + key)
		got := s.ended()
		if got != want {
			t.Errorf("key %q: status %d, want %d", key, got, want)
		}
		if !echoes(t, s.tty) {
			t.Errorf("key %q: the terminal is left without echo", key)
		}
		_ = other.Close()
	}
}

// untilSilent waits until the terminal no longer echoes: the prompt is written
// before echo goes off.
func (s *session) untilSilent() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); echoes(s.t, s.tty); {
		if time.Now().After(deadline) {
			s.t.Fatal("the terminal still echoes")
		}
	}
}

// TestMigrateAsks offers each key that wg keeps in a file, and takes what is wanted.
func TestMigrateAsks(t *testing.T) {
	env, bin := home(t)
	wg := ""
	for _, e := range env {
		if dir, ok := strings.CutPrefix(e, "WG_HOME="); ok {
			wg = dir
		}
	}
	if err := os.Mkdir(filepath.Join(wg, "keystore"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		if err := os.WriteFile(filepath.Join(wg, "keystore", name), []byte("value of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := onTerminal(t, env, bin, "migrate")
	s.until("store 'first', which wg keeps in a file, as plaintext:first? [y/N] ")
	s.typed("n\n")
	s.until("store 'second', which wg keeps in a file, as plaintext:second? [y/N] ")
	s.typed("y\n")
	if got := s.ended(); got != 0 || strings.Contains(string(s.out), "value of") {
		t.Errorf("migrate: status %d, want 0 and no value in %q", got, s.out)
	}
	for name, want := range map[string]bool{"first": false, "second": true} {
		check := exec.Command(bin, "secret", "check", "plaintext:"+name)
		check.Env = env
		if err := check.Run(); (err == nil) != want {
			t.Errorf("secret check %s: %v, want it stored: %v", name, err, want)
		}
	}
}
