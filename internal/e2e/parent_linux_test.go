package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/testrig"
)

// parented is a home whose wg-run stays as the parent of what a script starts: the script's
// $W is wg-run with its flags.
type parented struct{ *place }

const parentedKey = "sk-or-v1-0123456789abcdef"

func newParented(t *testing.T) parented {
	t.Helper()
	p := newPlace(t, map[string]string{
		"config.toml":  "[secrets]\nallow_plaintext = true\ndefault_backend = \"plaintext\"\n",
		"secrets.toml": "version = 1\n[secrets]\nk = \"" + parentedKey + "\"\n",
	})
	p.env = append(p.env, "W="+p.bin+" --ref plaintext:k --timeout 1h --")
	return parented{p}
}

func (p parented) sh(script string) result {
	p.t.Helper()
	return p.exec("", "sh", "-c", script)
}

// exec leaves out the receipt of a worker that does not read.
func (p parented) exec(stdin string, argv ...string) result {
	p.t.Helper()
	got := p.place.exec(stdin, argv...)
	got.stderr = receipts.ReplaceAllString(got.stderr, "")
	return got
}

var receipts = regexp.MustCompile(`wg-run: (the worker has ended and did not read the secret 'api_key'|the secret 'api_key' was not read, .*)\nwg-run: hint: .*\n`)

// awhile has a worker live until something ends it, and not for ever.
const awhile = `i=0; while [ $i -lt 1000 ]; do sleep 0.01; i=$((i+1)); done`

// signalled are all signals that a process can be sent, but those that nobody can catch
// and those that the libraries use.
func signalled() []int {
	var list []int
	for n := 1; n <= 64; n++ {
		if n != 9 && n != 19 && n != 32 && n != 33 {
			list = append(list, n)
		}
	}
	return list
}

// What somebody sends to wg-run comes to the worker, once.
func TestParentForwards(t *testing.T) {
	testrig.Need(t, "python3")
	p := newParented(t)
	numbers := strings.Trim(fmt.Sprint(signalled()), "[]")
	const worker = `import os, signal, sys
numbers = [int(n) for n in sys.argv[1].split()]
got = []
for n in numbers:
    signal.signal(n, lambda n, frame: got.append(n))
for n in numbers:
    os.kill(os.getppid(), n)
    while n not in got: signal.sigtimedwait([], 0.001)
print(got)
`
	want := "[" + strings.ReplaceAll(numbers, " ", ", ") + "]\n"
	got := p.exec("", "sh", "-c", `$W python3 -c "$0" "$1"`, worker, numbers)
	if got != (result{0, want, ""}) {
		t.Errorf("every signal, to wg-run = %d, %q, %q; want 0, %q and silence", got.code, got.stdout, got.stderr, want)
	}
}

// What the caller ignored comes to a worker that catches it all the same, if it is sent.
func TestParentForwardsIgnored(t *testing.T) {
	testrig.Need(t, "python3")
	const worker = `import os, signal
got = []
for n in (1, 2, 3, 15, 20, 28): signal.signal(n, lambda n, frame: got.append(n))
for n in (1, 2, 3, 15, 20, 28):
    os.kill(os.getppid(), n)
    while n not in got: signal.sigtimedwait([], 0.001)
print(got)
`
	got := newParented(t).exec("", "sh", "-c", `trap '' HUP INT QUIT TERM TSTP WINCH; $W python3 -c "$0"`, worker)
	if want := (result{0, "[1, 2, 3, 15, 20, 28]\n", ""}); got != want {
		t.Errorf("signals that the caller ignored, to wg-run = %v, want %v", got, want)
	}
}

// Nothing is lost between the start of the child and the handling.
func TestParentForwardsAtOnce(t *testing.T) {
	p := newParented(t)
	for range 50 {
		if got := p.sh(`$W sh -c 'kill -USR1 $PPID; ` + awhile + `'`); got.code != 128+10 {
			t.Fatalf("a signal by the worker's first act = %v, want 138", got)
		}
	}
}

// The value that sigqueue(3) sends comes with it.
func TestParentForwardsValues(t *testing.T) {
	testrig.Need(t, "python3")
	const worker = `import ctypes, os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
libc = ctypes.CDLL(None)
class Info(ctypes.Structure): _fields_ = [("head", ctypes.c_int * 6), ("value", ctypes.c_int), ("rest", ctypes.c_int * 40)]
info, mask, wait = Info(), ctypes.create_string_buffer(b"\0\0\0\0\x80" + b"\0" * 123), (ctypes.c_long * 2)(10, 0)
for n in (7, 8, 9): # one by one: several at once come to several threads of wg-run's
    assert libc.sigqueue(os.getppid(), 40, ctypes.c_void_p(n)) == 0
    assert libc.sigtimedwait(mask, ctypes.byref(info), wait) == 40; print(info.value)
`
	if got := newParented(t).exec("", "sh", "-c", `$W python3 -c "$0"`, worker); got != (result{0, "7\n8\n9\n", ""}) {
		t.Errorf("sigqueue to wg-run = %d, %q, %q; want 0, 7 8 9 and silence", got.code, got.stdout, got.stderr)
	}
}

// What sigqueue(3) and tgkill(2) send is handed on as well, and does not end wg-run: not what the
// Go runtime would take for a fault, or for its own.
func TestParentForwardsOddSenders(t *testing.T) {
	testrig.Need(t, "python3")
	const worker = `import ctypes, os, signal, time
got, libc, parent = [], ctypes.CDLL(None), os.getppid()
def send(n, how):
    signal.signal(n, lambda n, frame: got.append(n))
    del got[:]
    assert how(n) == 0
    for _ in range(2000):
        if got: break
        time.sleep(0.005)
    assert got == [n], (n, got)
for n in (4, 5, 7, 8, 11, 16): send(n, lambda n: libc.sigqueue(parent, n, None))
for n in (1, 2, 11, 15): send(n, lambda n: libc.tgkill(parent, parent, n))
print("all")
`
	if got := newParented(t).exec("", "sh", "-c", `$W python3 -c "$0"`, worker); got != (result{0, "all\n", ""}) {
		t.Errorf("sigqueue and tgkill to wg-run = %d, %q, %q; want 0, all and silence", got.code, got.stdout, got.stderr)
	}
}

// The exit status is the worker's, or says which signal ended it.
func TestParentStatus(t *testing.T) {
	p := newParented(t)
	for script, want := range map[string]int{
		`$W true`: 0, `$W sh -c 'exit 7'`: 7, `$W sh -c 'exit 255'`: 255,
		`$W ./none`: 127, `$W /`: 126, `$W sh -c 'kill -KILL $$'`: 137,
		`printf 'exit 9' >$HOME/noscript; chmod +x $HOME/noscript; $W $HOME/noscript`: 9,
		`printf '#!/none/of/it' >$HOME/none; chmod +x $HOME/none; $W $HOME/none`:      127,
		// The C libraries use it, and let no worker catch it.
		`$W sh -c 'kill -32 $PPID; ` + awhile + `'`:                                                          160,
		`$W sh -c 'kill -TERM $PPID; ` + awhile + `'`:                                                        143,
		`python3 -c 'import os, signal; signal.alarm(1); os.execvp("sh", ["sh", "-c", "exec $W sleep 60"])'`: 142,
	} {
		if got := p.sh(script); got.code != want || got.stdout != "" {
			t.Errorf("%s = %d, %q, %q; want %d", script, got.code, got.stdout, got.stderr, want)
		}
	}
	for _, n := range signalled() {
		switch n {
		case 17, 18, 20, 21, 22, 23, 28: // these end nobody
			continue
		}
		script := fmt.Sprintf(`ulimit -c 0; $W sh -c 'kill -%d $$'`, n)
		if got := p.sh(script); got.code != 128+n || got.stdout+got.stderr != "" {
			t.Errorf("%s = %d, %q, %q; want %d and silence", script, got.code, got.stdout, got.stderr, 128+n)
		}
	}
}

// A worker has of its parent what it would have of its caller.
func TestParentIsTransparent(t *testing.T) {
	p := newParented(t)
	for script, want := range map[string]string{
		`$W sh -c 'cat <&3'`: parentedKey,
		`$W sh -c 'cat <&3; cat <&4' 4<$HOME/.wg/config.toml | tail -n 1`: "default_backend = \"plaintext\"\n",
		`echo in | $W cat`: "in\n",
		`a=$(ps -o pgid= -p $$); b=$($W sh -c 'ps -o pgid= -p $$'); [ $a = $b ] && echo same`: "same\n",
		// Both stop, and who tells only wg-run to go on tells both.
		`$W sh -c 'kill -STOP $$; echo on' & until grep -q 'State:.T' /proc/$!/status; do sleep 0.01; done; kill -CONT $!; wait $!`: "on\n",
		// What the caller ignored stays so, as far as in place; nothing is blocked.
		`trap '' HUP INT TSTP; $W grep -E 'Sig(Blk|Ign)' /proc/self/status`: "SigBlk:\t0000000000000000\nSigIgn:\t0000000000080003\n",
	} {
		if got := p.sh(script); got.code != 0 || !strings.HasPrefix(got.stdout, want) || got.stderr != "" {
			t.Errorf("%s = %d, %q, %q; want 0, %q and silence", script, got.code, got.stdout, got.stderr, want)
		}
	}
}

// Whoever reads from a worker sees the end when that has closed its output, although the
// parent is there.
func TestParentHoldsNoOutput(t *testing.T) {
	p := newParented(t)
	got := p.sh(`mkfifo $HOME/go; { $W sh -c 'echo a; exec 1>&-; read x <$HOME/go; echo $x >&2' & } | cat; echo read; echo ended >$HOME/go`)
	if want := (result{0, "a\nread\n", "ended\n"}); got != want {
		t.Errorf("a worker that closes its output = %v, want %v", got, want)
	}
}

// The worker dies with its parent, whatever ends that. It holds nothing of this test's: else its
// own end would be waited for.
func TestParentDiesTogether(t *testing.T) {
	p := newParented(t)
	got := p.sh(`$W sh -c 'trap "" TERM INT HUP; echo $$; exec sleep 100' >$HOME/pid 2>/dev/null & until [ -s $HOME/pid ]; do sleep 0.01; done
		kill -KILL $!; wait $!; cat $HOME/pid`)
	pid, err := strconv.Atoi(strings.TrimSpace(got.stdout))
	if err != nil {
		t.Fatalf("the worker's pid: %v, %q, %q", err, got.stdout, got.stderr)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the worker %d lives on after kill -9 of wg-run: %s", pid, stat)
		}
	}
}

// --timeout ends a worker, also one that catches or ignores SIGTERM.
func TestTimeout(t *testing.T) {
	for script, want := range map[string]int{
		`exec sleep 60`:                         124,
		`trap "exit 0" TERM; ` + awhile:         124,
		`trap "" TERM; sleep 15; echo survived`: 124,
		// Who has us stopped, or stops and goes on without us, does not gain time.
		`kill -STOP $$; exec sleep 60`:                              124,
		`kill -STOP $PPID; exec sleep 60`:                           124,
		`(sleep 0.1; kill -CONT $$) & kill -STOP $$; exec sleep 60`: 124,
		`trap "kill -STOP $$" TERM; ` + awhile:                      124,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			got := p.exec("", p.bin, "--ref", "plaintext:k", "--timeout", "300ms", "--", "sh", "-c", script)
			if says := "wg-run: the worker was ended: the time of --timeout (300ms) is up\n"; got != (result{want, "", says}) {
				t.Errorf("--timeout 300ms, %s = %d, %q, %q; want %d and %q", script, got.code, got.stdout, got.stderr, want, says)
			}
		})
	}
}
