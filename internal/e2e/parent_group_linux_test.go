package e2e

import (
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// Somebody who stops the whole process group, as kill does with a job's number, and has it or wg-run alone
// go on, finds the job running: what stopped the worker already is not handed on to it later.
func TestParentStoppedAsGroup(t *testing.T) {
	testrig.Need(t, "python3")
	const driver = `import os, signal, subprocess, sys, time
worker = """import os, signal
signal.signal(signal.SIGUSR1, lambda n, frame: os.write(1, b"u"))
os.write(1, b"%d\\n" % os.getpid())
while True: signal.pause()
"""
def state(pid): return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
def until(is_so, what):
    end = time.monotonic() + 10
    while not is_so():
        if time.monotonic() > end:
            said = f"never {what}: wg-run is {state(run.pid)}, its worker {state(pid)}"
            os.killpg(run.pid, signal.SIGKILL)
            sys.exit(said)
for stop in signal.SIGTSTP, signal.SIGTTIN, signal.SIGSTOP:
    run = subprocess.Popen(sys.argv[1:] + [sys.executable, "-c", worker], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=os.setpgrp, bufsize=0)
    pid = int(run.stdout.readline())
    for i in range(40):
        doing = f"{stop.name}, number {i}"
        os.killpg(run.pid, stop)
        until(lambda: state(run.pid) == "T" and state(pid) == "T", "stopped by " + doing)
        if i % 2: os.kill(run.pid, signal.SIGCONT)
        else: os.killpg(run.pid, signal.SIGCONT)
        until(lambda: state(run.pid) == "S" and state(pid) == "S", "running after " + doing)
        os.kill(run.pid, signal.SIGUSR1) # handed on when going on has been dealt with
        signal.alarm(10)
        if run.stdout.read(1) != b"u": sys.exit("it ended after " + doing)
        signal.alarm(0)
    run.kill()
    run.wait()
print("each went on")
`
	for _, flags := range []string{"--timeout 1h", "--mask", "--via memfd --once"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			got := p.exec("", "sh", "-c", `exec python3 -c "$0" `+p.bin+" --ref plaintext:k "+flags+" --", driver)
			if want := (result{0, "each went on\n", ""}); got != want {
				t.Errorf("%s: the group is stopped and goes on = %v, want %v", flags, got, want)
			}
		})
	}
}
