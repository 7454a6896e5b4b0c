package inject

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// On a terminal the worker has one, of the same size, with nothing translated twice.
func TestStreamsTerminal(t *testing.T) {
	for script, want := range map[string]string{
		`stty size`: "33 77\r\n",
		`test -t 0 && test -t 1 && test -t 2 && echo all`:                                  "all\r\n",
		`printf '\033[31mred\033[0m %s\n' "$KEY"`:                                          "\x1b[31mred\x1b[0m [redacted:api_key]\r\n",
		`echo "$KEY" >&2; echo "$KEY" >/dev/tty`:                                           "[redacted:api_key]\r\n[redacted:api_key]\r\n",
		`test "$(ps -o tty= -p $$)" != '?' && test $(ps -o sid= -p $$) = $$ && echo leads`: "leads\r\n",
		`exec 2>&1; echo a; echo b >&2; (sleep 60 </dev/tty) & echo c`:                     "a\r\nb\r\nc\r\n",
	} {
		p := startOnPty(t, masking(script))
		out, code := p.rest()
		if out != want || code != 0 {
			t.Errorf("%s: shown %q, status %d; want %q", script, out, code, want)
		}
		p.asBefore(script)
	}
}

// Where not both of input and output are a terminal, the worker stays in our session, and
// each output that is one stays one.
func TestStreamsOutputTerminal(t *testing.T) {
	for script, want := range map[string]string{
		`"$0" sh -c 'test -t 1 && test -t 2 && stty size <&1; echo "$KEY"' </dev/null`:                   "33 77\r\n[redacted:api_key]\r\n",
		`"$0" sh -c 'test -t 0 && ! test -t 1 && test -t 2 && echo "$KEY" >&2; stty size <&2 >&2' | cat`: "[redacted:api_key]\r\n33 77\r\n",
		`"$0" sh -c 'test "$(ps -o tty= -p $$)" = "$(ps -o tty= -p $PPID)" && echo same' </dev/null`:     "same\r\n",
		`"$0" sh -c 'echo a; echo b >&2; echo c' </dev/null`:                                             "a\r\nb\r\nc\r\n",
		`echo typed | "$0" sh -c 'read x; echo "$x"'`:                                                    "typed\r\n",
	} {
		cmd := masking("")
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", script, cmd.Args[0]}
		p := startOnPty(t, cmd)
		out, code := p.rest()
		if out != want || code != 0 {
			t.Errorf("%s: shown %q, status %d; want %q", script, out, code, want)
		}
		p.asBefore(script)
	}
}

// What is typed comes to the worker, with the echo and the signals of a terminal.
func TestStreamsTyped(t *testing.T) {
	p := startOnPty(t, masking(`echo ready; while read x; do echo "got $x"; done; echo over`))
	p.until("ready\r\n")
	p.typed("one\n")
	if got := p.until("got one\r\n"); got != "one\r\ngot one\r\n" {
		t.Errorf("a line: shown %q, want its echo and the answer", got)
	}
	p.typed(planted + "\n") // pasted at once
	noSecret(t, "the secret, typed", p.until("got [redacted:api_key]"))
	p.typed("\x04")
	if out, code := p.rest(); !strings.Contains(out, "over") || code != 0 {
		t.Errorf("Ctrl-D: shown %q, status %d; want the end", out, code)
	}
	p.asBefore("Ctrl-D")
	p = startOnPty(t, masking(`trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done`))
	p.until("ready\r\n")
	p.raw(true)
	p.typed("\x03")
	if out, code := p.rest(); !strings.Contains(out, "caught") || code != 5 {
		t.Errorf("Ctrl-C, caught: shown %q, status %d; want 5", out, code)
	}
	for keys, code := range map[string]int{"\x03": 130, "\x1c": 131} {
		p := startOnPty(t, masking(`ulimit -c 0; echo ready; exec sleep 60`))
		p.until("ready")
		p.raw(true)
		p.typed(keys)
		if _, got := p.rest(); got != code {
			t.Errorf("%q: status %d, want %d", keys, got, code)
		}
		p.asBefore(keys)
	}
}

// A signal that we are sent does not leave the terminal raw.
func TestStreamsTerminated(t *testing.T) {
	p := startOnPty(t, masking(`echo ready; exec sleep 60`))
	p.until("ready")
	p.raw(true)
	must(t, p.cmd.Process.Signal(unix.SIGTERM))
	if _, code := p.rest(); code != 128+15 {
		t.Errorf("SIGTERM: status %d, want 143", code)
	}
	p.asBefore("SIGTERM")
}

func TestStreamsResized(t *testing.T) {
	for _, from := range []string{"", " </dev/null"} {
		p := shell(t)
		p.typed(`$M bash -c 'trap "stty size <&1" WINCH; echo re""ady; while :; do sleep 0.05; done'` + from + "\n")
		p.until("ready\r\n")
		must(t, pty.Setsize(p.tty, &pty.Winsize{Rows: 44, Cols: 99}))
		p.until("44 99\r\n")
	}
}

// Ctrl-Z stops the worker and us, the shell has its terminal, and fg gives it back.
func TestStreamsCtrlZ(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "silent")
	must(t, unix.Mkfifo(fifo, 0o600))
	for doing, start := range map[string]string{
		"a session": `$M sh -c 'echo re""ady; while read x; do echo "got $x $KEY"; done'`,
		"catches":   `$M bash -c 'trap "trap - TSTP; kill -TSTP \$\$" TSTP; echo re""ady; while read x; do echo "got $x $KEY"; done'`,
		"output":    `$M bash -c 'echo re""ady; while :; do read -t 0.05 x <>` + fifo + `; echo "got one $KEY"; done' </dev/null`, // which forks nothing: while vfork(2) waits, nothing stops
	} {
		p := shell(t)
		p.typed(start + "\n")
		p.until("ready\r\n")
		for range 3 {
			if doing != "output" {
				p.raw(true)
			}
			p.typed("\x1a")
			p.until("Stopped")
			p.until("$ ")
			p.asBefore(doing + ", Ctrl-Z")
			p.typed("echo sh\"\"ell\n")
			p.until("shell\r\n")
			p.typed("fg\n")
			if doing != "output" {
				p.raw(true)
				p.typed("one\n")
			}
			noSecret(t, doing, p.until("got one [redacted:api_key]"))
		}
		p.typed("\x03")
		p.until("$ ")
		p.asBefore(doing + ", Ctrl-C")
		p.typed("exit\n")
		p.rest()
	}
}

// In the background nothing is read from the terminal, and nothing changed; fg gives it to the worker.
func TestStreamsBackground(t *testing.T) {
	p := shell(t)
	p.typed(`$M sh -c 'echo re""ady; while read x; do echo "got $x"; done'` + "\n")
	p.until("ready\r\n")
	p.raw(true)
	p.typed("\x1a")
	p.until("Stopped")
	p.until("$ ")
	p.typed("bg\n")
	p.until("&")
	p.until("$ ")
	p.typed("echo sh\"\"ell\n") // comes to the shell
	p.until("shell\r\n")
	p.asBefore("bg")
	p.typed("fg\n")
	p.raw(true)
	p.typed("two\n")
	p.until("got two")
	p.typed("\x04")
	p.until("$ ")
	p.asBefore("fg, Ctrl-D")
}

// changeTerminal sets a terminal as it is set, and says whether the signal is as it was then.
func changeTerminal() error {
	runtime.LockOSThread()
	state, err := term.GetState(0)
	if err != nil {
		return err
	}
	unstopped(func() { err = term.Restore(0, state) })
	var now unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &now); err != nil {
		return err
	}
	fmt.Printf("changed: %v, blocked: %v.\n", err, now.Val[0]&(1<<(unix.SIGTTOU-1)) != 0)
	return nil
}

// Who changes the terminal from the background is not stopped for that.
func TestUnstopped(t *testing.T) {
	p := shell(t)
	p.typed("env " + testOnlyHelper + "=background " + os.Args[0] + " &\n")
	p.until("changed: <nil>, blocked: false.")
	p.typed("exit\n")
	p.rest()
}

// A worker that makes jobs of its own, as a shell does, has Ctrl-Z for itself.
func TestStreamsShellInside(t *testing.T) {
	p := startOnPty(t, masking(`exec bash --norc --noprofile --noediting -i`))
	p.until("$ ")
	p.typed("sh -c 'echo re\"\"ady; exec sleep 60'\n")
	p.until("ready\r\n")
	p.typed("\x1a")
	p.until("Stopped")
	p.typed("\x1a\n") // at the prompt, where the shell ignores it
	p.typed("jobs; echo $KEY\n")
	noSecret(t, "jobs", p.until("[redacted:api_key]\r\n"))
	p.typed("exit 3\nexit 3\n")
	if out, code := p.rest(); code != 3 {
		t.Errorf("exit 3: status %d, shown %q", code, out)
	}
	p.asBefore("a shell inside")
}
