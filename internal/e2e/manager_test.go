//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManagerKilled puts echo back where a manager that was killed at the deadline
// had switched it off.
func TestManagerKilled(t *testing.T) {
	env, bin := home(t)
	dir := t.TempDir()
	op := "#!/bin/sh\nstty -echo </dev/tty\nexec sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "op"), []byte(op), 0o755); err != nil {
		t.Fatal(err)
	}
	config(t, env, "[secrets]\ntimeout = \"1s\"\n")
	env = append(env, "PATH="+dir+":"+os.Getenv("PATH"))
	s := onTerminal(t, env, "sh", "-c", `"$0" --ref op://vault/item/field -- true; echo "status $?"; stty -a | grep -o -e "-*echo "`, bin)
	s.until("status 125")
	if s.ended(); strings.Contains(string(s.out), "-echo ") || !strings.Contains(string(s.out), "echo ") {
		t.Errorf("a manager that was killed: the terminal is left without echo: %q", s.out)
	}
}

// TestManagerAsks lets a manager (a stand-in for op) ask on the terminal, and
// gives the terminal to the worker afterwards.
func TestManagerAsks(t *testing.T) {
	env, bin := home(t)
	dir := t.TempDir()
	op := "#!/bin/sh\nprintf 'pin: ' >/dev/tty\nread pin </dev/tty\nprintf 'value-for-%s' \"$pin\"\n"
	if err := os.WriteFile(filepath.Join(dir, "op"), []byte(op), 0o755); err != nil {
		t.Fatal(err)
	}
	env = append(env, "PATH="+dir+":"+os.Getenv("PATH"))
	s := onTerminal(t, env, bin, "--ref", "op://vault/item/field", "--", "sh", "-c",
		`printf 'name: '; read name; echo "$name read $(cat <&3)"`)
	s.until("pin: ")
	s.typed("1234\n")
	s.until("name: ")
	s.typed("worker\n")
	if got := s.ended(); got != 0 || !strings.Contains(string(s.out), "worker read value-for-1234") {
		t.Errorf("a manager that asks: status %d, shown %q, want 0 and the worker's line", got, s.out)
	}
}
