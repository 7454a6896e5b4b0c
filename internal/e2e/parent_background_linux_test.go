package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

const masked = "$B --ref plaintext:k --mask -- "

// A terminal that stops who writes to it in the background stops a masked worker, too, once, whatever
// it does then, and what was written comes in the foreground; a worker that ignores it is let through.
func TestMaskWritesInBackground(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says("stty tostop\n", "prompt> ")
		for script, want := range map[string]string{
			"cat <&3; echo; echo ended.": "[redacted:api_key]\r\nended.",
			"echo ended.":                "ended.", // the worker may have ended before it is stopped
			"echo a line >&2; (sleep 0.1; echo another); echo ended.":  "a line\r\nanother\r\nended.",
			"head -c 100000 /dev/zero | tr '\\0' x; echo; echo ended.": "x\r\nended.",
		} {
			s.says(fmt.Sprintf("%s sh -c %q &\n", masked, script), "prompt> ")
			s.untilStopped()
			s.says("fg\n", want)
			s.until("prompt> ")
			s.noJob(script)
		}
		s.says("mkfifo $HOME/go; "+masked+"sh -c 'trap \"\" TTOU; echo wor''ds.; read x <$HOME/go' &\n", "words.")
		s.says("echo >$HOME/go; wait $!; echo status $?.\n", "status 0.")
		s.until("prompt> ")
		s.noJob("a worker that ignores SIGTTOU")
		s.says(masked+"python3 -c 'import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [22]); print(\"wor\" + \"ds.\")' & wait $!; echo status $?.\n", "status 0.")
		if !strings.Contains(string(s.out), "words.") {
			t.Errorf("a worker that blocks SIGTTOU: %q, want what it says", s.out)
		}
		s.until("prompt> ")
		// One that is ended while it is stopped ends, and so does wg-run.
		s.says(masked+"sh -c 'echo words.; sleep 60' &\n", "prompt> ")
		s.untilStopped()
		s.says("kill %1; kill -CONT %1 2>/dev/null\n", "prompt> ") // dash sends no SIGCONT by itself
		s.noJobSoon()
		s.says("$B --ref plaintext:k --mask --timeout 500ms -- sh -c 'echo words.; sleep 60' &\n", "prompt> ")
		s.noJobSoon()
		// What goes elsewhere comes out all the same.
		s.says(masked+"sh -c 'echo words.; head -c 60000 /dev/zero >&2; kill -9 $$' 2>$HOME/err &\n", "prompt> ")
		s.says("fg 2>/dev/null; tr -dc '\\0' <$HOME/err | wc -c\n", "60000")
		s.until("prompt> ")
		// So does one in the foreground's session of its own.
		s.says(masked+"$C\n", ".\r\n")
		s.says("\x1a", "prompt> ")
		s.says("bg\n", "prompt> ")
		s.untilStopped()
		s.says("fg\n", "<18>")
		s.says("\x03", "<2>")
	})
}

// What stops a job, from somebody else, stops a masked worker in a session of its own.
func TestMaskStopped(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says(masked+"$C\n", "ready ")
		s.until(".\r\n")
		_, parent := s.pids()
		for _, n := range []syscall.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU} {
			s.out = nil
			s.sent(parent, int(n))
			s.until("prompt> ")
			s.says("fg\n", "<18>")
		}
		// A key, before wg-run has noticed that it has the terminal.
		for range 3 {
			s.says("\x1a", "prompt> ")
			s.says("bg\n", "<18>")
			s.says("fg\n", "--mask --")
			s.hasForeground(parent, true)
		}
		s.says("\x03", "<2>")
	})
}

// Ctrl-Z, while a masked worker waits for its child to execute a program (vfork(2)): it stops when that is over, and not
// never.
func TestMaskStoppedAsItForks(t *testing.T) {
	testrig.Need(t, "gcc")
	s := onShell(t, shells["bash"]...)
	home := s.home()
	const source = `#include <time.h>
#include <unistd.h>
int main(void) {
	struct timespec while_ = {0, 700000000};
	(void)!write(1, "ready.", 6);
	if (vfork() == 0) { nanosleep(&while_, 0); _exit(0); }
	for (;;) pause();
}
`
	if err := os.WriteFile(home+"/forks.c", []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	s.says("gcc -o $HOME/forks $HOME/forks.c && "+masked+"$HOME/forks\n", "ready.")
	s.says("\x1a", "prompt> ")
	s.untilStopped()
	s.says("fg\n", "--mask --")
	s.isRaw(true, "in the foreground again")
	s.says("\x03", "prompt> ")
	s.says("echo status $?.\n", "status 130.")
}

// A shell that saw wg-run alone stop sets the terminal as it likes: a masked worker has it as before when it is
// in the foreground again, and does not read what is the shell's in between.
func TestMaskParentStopped(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		s.says(masked+"$C\n", "ready ")
		s.until(".\r\n")
		_, parent := s.pids()
		for _, background := range []bool{false, true} {
			s.isRaw(true, "at first")
			s.out = nil
			s.sent(parent, int(syscall.SIGSTOP))
			s.until("prompt> ")
			if background {
				s.says("bg\n", "<18>")
				s.isRaw(false, "in the background")
				for range 20 {
					s.says("echo the sh''ell\n", "the shell")
				}
				if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", parent)); strings.Contains(string(stat), ") T ") || err != nil {
					t.Errorf("in the background, while somebody types: %s, %v; want it running", stat, err)
				}
			}
			s.says("fg\n", "--mask --")
			s.hasForeground(parent, background)
			s.isRaw(true, "in the foreground again")
		}
		s.says("\x03", "<2>")
	})
}

// Who catches SIGTTIN and SIGTTOU goes on.
func TestMaskStopCaught(t *testing.T) {
	s := onShell(t, shells["bash"]...)
	s.says(masked+"python3 -c 'import os, signal, time\n", "> ")
	s.says("for n in (21, 22): signal.signal(n, lambda n, frame: os.write(1, b\"<%d>\" % n))\n", "> ")
	s.says("os.write(1, b\"ready %d %d.\\n\" % (os.getpid(), os.getppid()))\n", "> ")
	s.says("while True: time.sleep(0.3); os.write(1, b\"still.\")'\n", "ready ")
	s.until(".\r\n")
	_, parent := s.pids()
	for range 2 {
		for _, n := range []syscall.Signal{syscall.SIGTTIN, syscall.SIGTTOU} {
			s.out = nil
			s.sent(parent, int(n))
			s.until(fmt.Sprintf("<%d>", n))
			s.out = nil
			s.until("still.still.") // longer than who catches SIGTSTP has for its screen
		}
	}
	s.says("\x03", "prompt> ")
	s.says("echo status $?.\n", "status 130.")
}

// A masked wg-run below a masked one, itself or in a script, stops as one.
func TestMaskNested(t *testing.T) {
	eachShell(t, func(t *testing.T, s *session) {
		for _, line := range []string{masked + masked + "$C\n", masked + "sh -c '" + masked + "$C; echo ended.'\n"} {
			s.says(line, ".\r\n")
			for range 2 {
				s.says("\x1a", "prompt> ")
				s.untilStopped()
				s.says("fg\n", "<18>")
			}
			s.says("\x03", "<2>")
			s.says("\x1c", "prompt> ")
		}
	})
}

// What has a terminal of its own, and no shell that could have it go on, is not stopped by Ctrl-Z, masked or not.
func TestMaskStoppedByNobody(t *testing.T) {
	for _, flags := range []string{"--mask", "--timeout 1h"} {
		p := newParented(t)
		s := onTerminal(t, p.env, p.bin, append(strings.Fields("--ref plaintext:k "+flags+" --"), "sh", "-c", "echo ready.; read x; echo got $x.; read x; echo then $x.")...)
		s.until("ready.")
		s.typed("\x1afirst\n")
		s.until("got first.")
		s.typed("\x1asecond\n")
		s.until("then second.")
		s.ended()
	}
}

// Where nothing stops wg-run, what a worker writes comes when it goes on, whoever has it, and whether wg-run
// has dealt with its stop or not, which nothing shows.
func TestMaskOrphaned(t *testing.T) {
	testrig.Need(t, "python3")
	const driver = `import os, signal, subprocess, sys, time
worker = """import os, signal
os.setpgid(0, 0)
while True:
    print(os.getpid(), flush=True)
    os.kill(os.getpid(), signal.SIGTSTP)
    print("went on", flush=True)
    input()
"""
run = subprocess.Popen(sys.argv[1:] + [sys.executable, "-c", worker], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def state(pid): return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
signal.alarm(30)
for i in range(25):
    pid = int(run.stdout.readline())
    while state(pid) != "T": time.sleep(0.001)
    time.sleep(i / 1000)
    os.kill(pid, signal.SIGCONT)
    if run.stdout.readline() != "went on\n": sys.exit("something else")
    print(file=run.stdin, flush=True)
print("all came")
run.kill()
`
	p := newParented(t)
	got := p.exec("", "sh", "-c", `exec python3 -c "$0" `+p.bin+` --ref plaintext:k --mask --`, driver)
	if want := (result{0, "all came\n", ""}); got != want {
		t.Errorf("a worker that somebody has go on = %v, want %v", got, want)
	}
}
