//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// keepass makes a database with the password "master" and the entry dev/key.
func keepass(t *testing.T) (db string) {
	t.Helper()
	testrig.Need(t, "keepassxc-cli")
	db = filepath.Join(t.TempDir(), "a#b.kdbx")
	for _, c := range []struct{ input, args string }{
		{"master\nmaster\n", "db-create -p"}, {"master\n", "mkdir"}, {"master\nvalue of the entry\n", "add -p"},
	} {
		args := append(strings.Fields(c.args), db)
		switch c.args {
		case "mkdir":
			args = append(args, "dev")
		case "add -p":
			args = append(args, "dev/key")
		}
		cmd := exec.Command("keepassxc-cli", args...)
		cmd.Stdin = strings.NewReader(c.input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("keepassxc-cli %s: %v, %s", c.args, err, out)
		}
	}
	return db
}

// TestKeePassXC types the password of a database; keepassxc-cli reads it on its
// standard input, with echo off.
func TestKeePassXC(t *testing.T) {
	db := keepass(t)
	env, bin := home(t)
	for typed, c := range map[string]struct {
		ref, want string
		status    int
	}{
		"master": {"keepassxc:" + db + "#dev/key", "value of the entry", 0},
		"wrong":  {"keepassxc:" + db + "#dev/key", "KeePassXC is locked and was not unlocked", 125},
		" ":      {"keepassxc:" + db + "#dev/key", "KeePassXC is locked and was not unlocked", 125},
	} {
		s := onTerminal(t, env, bin, "--ref", c.ref, "--", "sh", "-c", "cat <&3")
		s.until("KeePassXC asks for the password of the database")
		s.untilSilent()
		s.typed(typed + "\n")
		if got := s.ended(); got != c.status || !strings.Contains(string(s.out), c.want) || strings.Contains(string(s.out), "master") {
			t.Errorf("password %q: status %d, shown %q; want %d, %s and not the password", typed, got, s.out, c.status, c.want)
		}
		if !echoes(t, s.tty) {
			t.Errorf("password %q: the terminal is left without echo", typed)
		}
	}
	s := onTerminal(t, env, bin, "--ref", "keepassxc:"+db+"#dev/nosuch", "--", "true")
	s.untilSilent()
	s.typed("master\n")
	if got := s.ended(); got != 125 || !strings.Contains(string(s.out), "no such entry in KeePassXC") {
		t.Errorf("an entry that is not there: status %d, shown %q; want 125 and no such entry", got, s.out)
	}
}

// TestNobodyIsAsked runs managers on a terminal whose person does not see what is
// said: each has to fail at once, and none is stopped until the deadline.
func TestNobodyIsAsked(t *testing.T) {
	env, bin := home(t)
	dir := t.TempDir()
	config(t, env, "[secrets]\ntimeout = \"15s\"\n[managers.tty]\nget = [\"asks\", \"{path}\"]\nasks = true\nlocked = [\"nobody to ask\"]\n")
	asks := "#!/bin/sh\nread x </dev/tty || { echo nobody to ask >&2; exit 1; }\nprintf 'read %s' \"$x\"\n"
	if err := os.WriteFile(filepath.Join(dir, "asks"), []byte(asks), 0o755); err != nil {
		t.Fatal(err)
	}
	env = append(env, "PATH="+dir+":"+os.Getenv("PATH"))
	for ref, want := range map[string]string{"tty:x": "tty is locked and was not unlocked", "keepassxc:" + keepass(t) + "#dev/key": "KeePassXC is locked and was not unlocked"} {
		s := onTerminal(t, env, "sh", "-c", `"$0" --ref "$1" -- true 2>"$2"; echo "status $?"; cat "$2"`, bin, ref, filepath.Join(dir, "err"))
		if s.ended(); !strings.Contains(string(s.out), "status 125") || !strings.Contains(string(s.out), want) {
			t.Errorf("%s, nobody there: shown %q, want status 125 and %s", ref, s.out, want)
		}
	}
}

// TestKeysAtAQuestion presses keys that stop and interrupt a manager which asks: the
// terminal is the person's again at once, with its echo, and nothing is left waiting.
func TestKeysAtAQuestion(t *testing.T) {
	env, bin := home(t)
	dir := t.TempDir()
	config(t, env, "[secrets]\ntimeout = \"60s\"\n[managers.tty]\nget = [\"asks\", \"{path}\"]\n")
	asks := "#!/bin/sh\nstty -echo </dev/tty\nprintf 'a question' >/dev/tty\nread x </dev/tty\nprintf 'read %s' \"$x\"\n"
	if err := os.WriteFile(filepath.Join(dir, "asks"), []byte(asks), 0o755); err != nil {
		t.Fatal(err)
	}
	env = append(env, "PATH="+dir+":"+os.Getenv("PATH"))
	for key, want := range map[string]string{"\x1a": "running asks: it was stopped at the terminal", "\x03": "running asks: interrupted"} {
		if key == "\x1a" && runtime.GOOS != "linux" {
			continue
		}
		s := onTerminal(t, env, "sh", "-c", `"$0" --ref tty:x -- true; echo "status $?"; read y && echo "then $y"`, bin)
		s.until("a question")
		s.typed(key)
		s.until("status 125")
		if !echoes(t, s.tty) {
			t.Errorf("key %q: the terminal is left without echo", key)
		}
		s.typed("typed\n")
		if s.ended(); !strings.Contains(string(s.out), want) || !strings.Contains(string(s.out), "then typed") || strings.Contains(string(s.out), "what it said") {
			t.Errorf("key %q: shown %q, want %s, no hint, and the terminal to be the shell's", key, s.out, want)
		}
	}
}

func config(t *testing.T, env []string, text string) {
	t.Helper()
	for _, e := range env {
		if wg, ok := strings.CutPrefix(e, "WG_HOME="); ok {
			if err := os.WriteFile(filepath.Join(wg, "config.toml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
