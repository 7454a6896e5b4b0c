package e2e

import (
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// In an orphaned process group the terminal's signals stop nobody (setpgid(2)), and so not
// wg-run; a worker in a group of its own stays stopped all the same, until somebody has wg-run go on.
func TestParentOrphaned(t *testing.T) {
	testrig.Need(t, "python3")
	const driver = `import os, signal, subprocess, sys, time
worker = """import os, signal
os.setpgid(0, 0)
signal.signal(signal.SIGUSR1, lambda n, frame: None)
print(os.getpid(), flush=True)
os.kill(os.getpid(), signal.SIGTSTP)
print("went on", flush=True)
"""
run = subprocess.Popen(sys.argv[1:] + [sys.executable, "-c", worker], start_new_session=True, stdout=subprocess.PIPE, text=True)
pid = int(run.stdout.readline())
def status(field): return next(line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith(field))
def until(reached):
    end = time.monotonic() + 10
    while not reached():
        if time.monotonic() > end: run.kill(); sys.exit("never reached")
until(lambda: status("State") == "T")
os.kill(run.pid, signal.SIGUSR1) # handed on when the stop has been dealt with
until(lambda: int(status("ShdPnd"), 16) != 0)
print(status("State"), flush=True)
os.kill(run.pid, signal.SIGCONT)
print(run.stdout.read(), end="")
sys.exit(run.wait())
`
	got := newParented(t).exec("", "sh", "-c", `exec python3 -c "$0" $W`, driver)
	if want := (result{0, "T\nwent on\n", ""}); got != want {
		t.Errorf("a worker stops itself = %v, want %v", got, want)
	}
}
