package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
)

const phrase = "correct horse battery staple"

const phraseAsked = "passphrase of identity.txt (not shown): "

// lockedPlace is a place whose identity a passphrase locks, cheaply.
func lockedPlace(t *testing.T) *agePlace {
	t.Helper()
	p := newAgePlace(t)
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(8)
	p.put(map[string]string{"identity.txt": sealedTo(t, p.ana.String()+"\n", to)})
	return p
}

// terminal starts wg-run on a terminal of its own.
func (p *agePlace) terminal(args ...string) *session {
	p.t.Helper()
	return onTerminal(p.t.(*testing.T), p.env, p.bin, args...)
}

// answers types a line at each question.
func (s *session) answers(question string, lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		s.until(question)
		s.out = nil
		s.untilSilent()
		s.typed(line)
	}
}

// closes wants the session to end so, without a part of the passphrase on the screen,
// and with echo.
func (s *session) closes(doing string, code int, want string) {
	s.t.Helper()
	got := s.ended()
	if got != code || !strings.Contains(string(s.out), want) || strings.Contains(string(s.out), "horse") {
		s.t.Errorf("%s: status %d, shown %q; want %d, %q and nothing that was typed", doing, got, s.out, code, want)
	}
	if !echoes(s.t, s.tty) {
		s.t.Errorf("%s: the terminal is left without echo", doing)
	}
}

func TestPassphraseTyped(t *testing.T) {
	p := lockedPlace(t)
	for doing, c := range map[string]struct {
		lines []string
		code  int
		want  string
	}{
		"right":                 {[]string{phrase + "\n"}, 0, "from age"},
		"wrong twice":           {[]string{"wrong horse\n", "no horse\n", phrase + "\n"}, 0, "from age"},
		"wrong three times":     {[]string{"wrong horse\n", "no horse\n", "old horse\n"}, 1, "the passphrase is wrong"},
		"ctrl-C":                {[]string{"a horse\x03"}, 130, ""},
		"ctrl-C, second try":    {[]string{"wrong horse\n", "\x03"}, 130, ""},
		"ctrl-backslash":        {[]string{"a horse\x1c"}, 130, ""},
		"ctrl-Z":                {[]string{"a horse\x1a"}, 130, ""},
		"ctrl-D":                {[]string{"\x04"}, 1, "no passphrase was typed"},
		"an empty line":         {[]string{"\n"}, 1, "no passphrase was typed"},
		"an escape":             {[]string{"\x1b[A horse\n"}, 1, "an escape character"},
		"more than a line":      {[]string{phrase + "\nleft horse\n"}, 0, "from age"},
		"a line that is erased": {[]string{"wrong\x15" + phrase + "\n"}, 0, "from age"},
	} {
		s := p.terminal("secret", "get", "age:a")
		s.answers(phraseAsked, c.lines...)
		s.closes("secret get, "+doing, c.code, c.want)
	}
}

// Two entries in one run, and each command that opens the store more than once, ask
// once.
func TestPassphraseTypedOnce(t *testing.T) {
	for _, args := range [][]string{
		{"--ref", "age:a", "--secret", "other=age:b", "--", "sh", "-c", "wc -c <&3; wc -c <&4; echo all there"},
		{"secret", "recipients", "add", cara}, {"secret", "recipients", "list"}, {"secret", "rm", "a", "--yes", "--backend", "age"}, {"secret", "backend", "set", "age"},
		{"--explain", "--ref", "age:a", "--secret", "other=age:b", "--", "true"},
	} {
		p := lockedPlace(t)
		s := p.terminal(args...)
		s.answers(phraseAsked, phrase+"\n")
		s.closes(strings.Join(args, " "), 0, "")
		if strings.Contains(string(s.out), "passphrase of") {
			t.Errorf("%q asks again: %q, want one question", args, s.out)
		}
	}
}

// Nobody is asked where the question would not be seen, or reading it would stop us.
func TestPassphraseNotAsked(t *testing.T) {
	p := lockedPlace(t)
	log := filepath.Join(t.TempDir(), "log")
	for doing, script := range map[string]string{
		"stderr in a file":     `"$0" secret get age:a 2>"$1"; echo "ended with $?"`,
		"in the background":    `set -m; "$0" secret get age:a 2>"$1.x" & wait $!; echo "ended with $?"; cat "$1.x" >"$1"`,
		"in the background, 2": `set -m; "$0" secret get age:a & wait $!; echo "ended with $?"; echo locked >"$1"`,
		"a run, in background": `set -m; "$0" --ref age:a -- true & wait $!; test $? = 125 && echo "ended with 1"; echo locked >"$1"`,
		"without a terminal":   `setsid -w "$0" secret get age:a 2>"$1"; echo "ended with $?"`,
		"for a list":           `"$0" secret list 2>"$1"; echo "ended with $?"`,
	} {
		s := onTerminal(t, p.env, "sh", "-c", script, p.bin, log)
		s.closes(doing, 0, "ended with 1")
		text, err := os.ReadFile(log)
		if err != nil || !strings.Contains(string(text), "locked") || strings.Contains(string(s.out)+string(text), "passphrase of identity.txt (not shown)") {
			t.Errorf("%s: %q, shown %q, %v; want that it is locked, and no question", doing, text, s.out, err)
		}
	}
}

// The deadline ends the question, and gives the terminal its echo back; often, since
// the one who asks and the one who waits end at the same time.
func TestPassphraseTooLate(t *testing.T) {
	p := lockedPlace(t)
	p.put(map[string]string{"config.toml": ageConfig + "timeout = \"200ms\"\n"})
	for range 8 {
		s := p.terminal("secret", "get", "age:a")
		s.until(phraseAsked)
		s.typed("half a ho")
		if got := s.ended(); got != 1 || !strings.Contains(string(s.out), "no answer in time") {
			t.Errorf("secret get, nobody types: status %d, shown %q; want 1 and that time is over", got, s.out)
		}
		if !echoes(t, s.tty) {
			t.Fatal("secret get, nobody types: the terminal is left without echo")
		}
	}
	s := onTerminal(t, p.env, "sh", "-c", `"$0" secret get age:a; echo "ended with $?"; read -r rest; echo "left: $rest"`, p.bin)
	s.until(phraseAsked)
	s.untilSilent()
	s.typed("half a horse\nrm -rf x\n")
	s.until("the passphrase is wrong")
	s.until("ended with 1")
	s.typed("typed later\n")
	s.until("left: ")
	if s.ended(); !strings.Contains(string(s.out), "left: typed later") {
		t.Errorf("secret get, too late: the shell got the rest: %q", s.out)
	}
}

// pinPlugin is a plugin that asks for a PIN before it says anything else.
const pinPlugin = `#!/bin/sh
while read -r line; do test "$line" = "-> done" && break; done
printf -- '-> request-secret\nUElO\n'
read -r answer; read -r answer
printf -- '-> error internal\nbm8\n'
read -r answer
`

// A plugin's question ends likewise.
func TestPluginTooLate(t *testing.T) {
	p := newAgePlace(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "age-plugin-pin"), []byte(pinPlugin), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, e := range p.env {
		if strings.HasPrefix(e, "PATH=") {
			p.env[i] = "PATH=" + dir + ":" + os.Getenv("PATH")
		}
	}
	p.put(map[string]string{"config.toml": ageConfig + "timeout = \"300ms\"\n", "identity.txt": "AGE-PLUGIN-PIN-1XL4R93\n"})
	for range 4 {
		s := p.terminal("secret", "get", "age:a")
		s.until("PIN")
		if got := s.ended(); got != 1 {
			t.Errorf("secret get, nobody types the PIN: status %d, shown %q; want 1", got, s.out)
		}
		if !echoes(t, s.tty) {
			t.Fatal("secret get, nobody types the PIN: the terminal is left without echo")
		}
	}
	p.put(map[string]string{"config.toml": ageConfig})
	s := p.terminal("secret", "get", "age:a")
	s.answers("PIN", "4711-horse\n")
	s.closes("secret get, a PIN", 1, "the plugin age-plugin-pin failed")
	s = p.terminal("secret", "get", "age:a")
	s.answers("PIN", "4711-horse\x03")
	s.closes("secret get, ctrl-C at the PIN", 128+int(syscall.SIGINT), "")
}

// A new store with a passphrase, which is typed twice.
func TestPassphraseChosen(t *testing.T) {
	const first, again = "new passphrase of the identity (not shown): ", "once more: "
	p := newPlace(t, nil)
	a := &agePlace{place: p}
	s := a.terminal("secret", "backend", "set", "age", "--passphrase")
	s.answers(first, phrase+"\n")
	s.answers(again, "another horse\n")
	s.closes("two that differ", 1, "the two are not the same")
	if _, err := os.Stat(filepath.Join(p.wg, "identity.txt")); err == nil {
		t.Error("two that differ: identity.txt was made, want none")
	}
	for _, keys := range []string{"\n", "\x04"} {
		s = a.terminal("secret", "backend", "set", "age", "--passphrase")
		s.answers(first, keys)
		s.closes("an empty one", 1, "no passphrase was typed")
	}
	s = a.terminal("secret", "backend", "set", "age", "--passphrase")
	s.answers(first, phrase+"\n")
	s.answers(again, "\x03")
	s.closes("ctrl-C at the second", 130, "")
	s = a.terminal("secret", "backend", "set", "age", "--passphrase")
	s.answers(first, phrase+"\n")
	s.answers(again, phrase+"\n")
	s.closes("the same twice", 0, "new secrets are stored in age")
	if text, err := os.ReadFile(filepath.Join(p.wg, "identity.txt")); err != nil || !strings.HasPrefix(string(text), "-----BEGIN AGE ENCRYPTED FILE-----") {
		t.Errorf("identity.txt begins %.20q, %v; want an age file", text, err)
	}
}
