package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A worker whose output is masked has a terminal as ever: for its output and its input, of the
// same size, with signals and job control; and ours is as it was in the end.
func TestMaskTerminal(t *testing.T) {
	t.Parallel()
	p := newPlace(t, someHome)
	s := onTerminal(t, p.env, "sh", "-c", `"$0" --profile a --mask -- sh -c '
		test -t 0 && test -t 1 && test -t 2 && echo all terminals; k=$(cat <&3); echo "[$k]"; printf "%s" "$k" | base64
		read -r line; echo "read $line"; stty size; i=; trap "i=1; echo interrupted" INT; echo caught; until test -n "$i"; do sleep 0.02; done; until test "$(stty size)" = "18 94"; do sleep 0.02; done; stty size; exit 3'; echo "status $?"; read -r after; echo "after $after"`, p.bin)
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 17, Cols: 93}); err != nil {
		t.Fatal(err)
	}
	s.until("[redacted:a")
	s.until("]\r\n[redacted:")
	s.typed("typed\n")
	s.until("read typed")
	s.until("17 93")
	s.until("caught")
	s.typed("\x03")
	s.until("interrupted")
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 18, Cols: 94}); err != nil {
		t.Fatal(err)
	}
	s.until("18 94")
	s.until("status 3")
	s.typed("words\n")
	s.until("after words")
	s.ended()
	if out := string(s.out); !strings.Contains(out, "all terminals") || strings.Contains(out, key) || bytes.Count(s.out, []byte("words")) != 2 {
		t.Errorf("the terminal shows %q; want terminals for the worker, no key, and what is typed once, as an echo, and once more", out)
	}
}

// What wg-run itself says while the terminal is raw begins new lines as at any other time.
func TestMaskSays(t *testing.T) {
	t.Parallel()
	p := newPlace(t, someHome)
	s := onTerminal(t, p.env, p.bin, "--profile", "a", "--mask", "--", "sh", "-c", "exec 3<&-; read -r line")
	s.until("have closed it\r\nwg-run: hint: ")
	s.until("\r\n")
	s.typed("\n")
	s.ended()
}

// Ctrl-Z, and fg: the shell sees a masked worker stop, has the terminal as it was, and has the
// worker go on.
func TestMaskJobs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, someHome)
	s := onTerminal(t, append(p.env, "PS1=:: "), "bash", "--norc", "-i")
	s.until(":: ")
	s.typed(fmt.Sprintf("%s --profile a --mask -- sh -c 'cat <&3; echo; read -r x; echo got $x'\n", p.bin))
	s.until("[redacted:api_key]\r\n")
	s.typed("\x1a")
	s.until("Stopped")
	for until := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
		if err == nil && got.Lflag&unix.ISIG != 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("after Ctrl-Z the terminal is %+v, %v; want it to make signals", got, err)
		}
	}
	s.typed("fg\n")
	s.until("--mask -- sh")
	s.typed("hello\n")
	s.until("got hello\r\n:: ") // before that what is typed would be the worker's
	s.typed("exit\n")
	s.ended()
	if strings.Contains(string(s.out), key) {
		t.Errorf("the terminal shows %q, want no key", s.out)
	}
}

// A secret of several lines, whose ends a terminal changes.
func TestMaskLines(t *testing.T) {
	t.Parallel()
	p := newPlace(t, someHome)
	lines := strings.Repeat("0123456789abcdef of a private key\n", 3)
	p.put(map[string]string{"lines": lines})
	s := onTerminal(t, p.env, p.bin, "--ref", "file:"+p.wg+"/lines", "--mask", "--", "sh", "-c", "k=$(cat <&3); echo \"$k\"; echo ended.")
	s.until("ended.")
	if out := string(s.out); strings.Contains(out, "private") || strings.Count(out, "[redacted:api_key]") != 1 {
		t.Errorf("a secret of several lines: the terminal shows %q, want it masked", out)
	}
	s.ended()
}
