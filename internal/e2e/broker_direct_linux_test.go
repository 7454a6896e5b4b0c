package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// looks prints all that a program has of its caller.
const looks = `import os, resource, signal, sys
for fd in sorted(map(int, os.listdir("/proc/self/fd"))):
    try: print("fd", fd, os.readlink("/proc/self/fd/%d" % fd), os.get_inheritable(fd), open("/proc/self/fdinfo/%d" % fd).read().split("\n")[:2])
    except OSError: pass
print("cwd", os.getcwd())
mask = os.umask(0); print("umask", oct(mask))
print("argv", sys.argv, open("/proc/self/cmdline").read())
for k in os.environ: print("env", k, os.environ[k])
for line in open("/proc/self/status"):
    if line.split(":")[0] in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "NoNewPrivs", "Seccomp", "CapEff", "Uid", "Gid", "Groups", "THP_enabled"): print(line, end="")
for name in sorted(n for n in dir(resource) if n.startswith("RLIMIT_")): print(name, resource.getrlimit(getattr(resource, name)))
print("nice", os.nice(0), "affinity", sorted(os.sched_getaffinity(0)))
print("leads", os.getpid() == os.getpgrp(), os.getpgrp() == os.getpgid(os.getppid()), os.getsid(0) == os.getsid(os.getppid()))
print("exe", os.readlink("/proc/self/exe"), "dumpable", os.stat("/proc/self/environ").st_uid)
`

// What a dispatcher has of its caller is what a direct call would have given it, and
// WG_BROKER.
func TestBrokerAsIfCalled(t *testing.T) {
	t.Parallel()
	testrig.Need(t, "python3")
	p := brokered(t, someHome, "WG_PROFILE=b", "ODD= a=b ", "EMPTY=", "VAULT_TOKEN=x", "WG_AGE_PASSPHRASE_FD=", "PYTHONDONTWRITEBYTECODE=1")
	dir := t.TempDir()
	for name, text := range map[string]string{"looks.py": looks, "five": "", "in": "12345"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	call := func(before ...string) result {
		return p.exec("", append([]string{"sh", "-c", `cd "$0"; umask 027; ulimit -n 500; ulimit -c 0; trap "" HUP; exec 5<five 9>>nine 0<in; head -c 2 >/dev/null; exec nice -n 3 "$@"`, dir},
			append(before, "python3", "looks.py", "", " a b ", "--", "$x", "--profile")...)...)
	}
	direct, behind := call(), call(p.bin, "broker", "--")
	if direct.code != 0 || behind.code != 0 || behind.stderr != "" || len(direct.stdout) < 500 {
		t.Fatalf("a direct call = %d, %q; below a broker %d, %q", direct.code, direct.stderr, behind.code, behind.stderr)
	}
	// The pipes that this test reads from are others each time.
	plain := func(text string) []string {
		var list []string
		for line := range strings.Lines(text) {
			switch {
			case strings.HasPrefix(line, "env WG_BROKER "), strings.HasPrefix(line, "env WG_AGE_PASSPHRASE_FD "):
			case strings.HasPrefix(line, "fd 1 pipe:"), strings.HasPrefix(line, "fd 2 pipe:"):
			default:
				list = append(list, line)
			}
		}
		return list
	}
	got, want := plain(behind.stdout), plain(direct.stdout)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("a dispatcher has\n%s\nand by a direct call\n%s", strings.Join(got[min(i, len(got)):], ""), strings.Join(want[min(i, len(want)):], ""))
			break
		}
	}
	if strings.Count(behind.stdout, "env WG_BROKER ") != 1 {
		t.Errorf("a dispatcher has %q, want WG_BROKER once", behind.stdout)
	}
}

// A dispatcher is executed in place: its process is the one that was started.
func TestBrokerInPlace(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	cmd := exec.Command(p.bin, "broker", "--", "sh", "-c", "echo $$; kill -USR1 $$")
	cmd.Env = p.env
	out, err := cmd.Output()
	if got, want := strings.TrimSpace(string(out)), cmd.ProcessState.Pid(); err == nil || err.Error() != "signal: user defined signal 1" || got != strconv.Itoa(want) {
		t.Errorf("the dispatcher is process %s and ended by %v; want %d, and its signal", got, err, want)
	}
}
