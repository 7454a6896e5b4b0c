package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// subreaper makes itself one (PR_SET_CHILD_SUBREAPER, 36) and becomes wg-run.
const subreaper = `import ctypes, os, sys
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
`

// adopting are what gives a program the orphans below it, before its argv.
var adopting = map[string][]string{
	"the first process": {"unshare", "--fork", "--pid", "--mount-proc"},
	"a subreaper":       {"python3", "-c", subreaper},
}

// eachAdopting runs a test where wg-run stays as the parent.
func eachAdopting(t *testing.T, test func(t *testing.T, p *place, sh func(script string) result)) {
	testrig.Need(t, "unshare", "python3")
	for name, before := range adopting {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if before[0] == "unshare" && os.Geteuid() != 0 {
				before = append([]string{"unshare", "--user", "--map-root-user"}, before[1:]...)
			}
			p := brokered(t, someHome)
			if got := p.exec("", append(before[:len(before):len(before)], "true")...); before[0] == "unshare" && got.code != 0 {
				testrig.Cannot(t, os.NewSyscallError("unshare: "+got.stderr, syscall.EPERM))
			}
			test(t, p, func(script string) result {
				t.Helper()
				return p.exec("", append(before[:len(before):len(before)], p.bin, "broker", "--", "sh", "-c", script, p.bin)...)
			})
		})
	}
}

// Where orphans would come to the dispatcher, the broker among them, wg-run stays as its
// parent; workers below get their secrets from the broker all the same.
func TestBrokerStays(t *testing.T) {
	eachAdopting(t, func(t *testing.T, p *place, sh func(string) result) {
		for script, want := range map[string]result{
			`exit 7`:                           {7, "", ""},
			`kill -KILL $$`:                    {128 + 9, "", ""},
			`kill -TERM $$`:                    {128 + 15, "", ""},
			`tr '\0' ' ' </proc/$PPID/cmdline`: {0, p.bin + " broker -- sh -c", ""},
			`"$0" -- sh -c 'cat <&3'`:          {0, key + "-a", ""},
			`"$0" --profile b -- sh -c 'cat <&3'; "$0" broker status | grep -o '0 hits.*2 lookups'`: {0, key + "-b", ""},
			`trap 'echo got it; exit 3' TERM; kill -TERM $PPID; while :; do sleep 0.01; done`:       {3, "got it\n", ""},
			`trap 'echo got it; exit 3' USR1; kill -USR1 $PPID; while :; do sleep 0.01; done`:       {3, "got it\n", ""},
			// An orphan ends, and is waited for; a child of the dispatcher's own is left to it.
			`(sh -c 'echo $$; exec sleep 0.1' & ) >"$HOME/orphan"
			until [ -s "$HOME/orphan" ]; do sleep 0.01; done; read pid <"$HOME/orphan"
			i=0; while [ -e "/proc/$pid" ] && [ $i -lt 500 ]; do sleep 0.01; i=$((i+1)); done
			[ -e "/proc/$pid" ] && cat "/proc/$pid/status"; (exit 5) & wait $!; echo $?`: {0, "5\n", ""},
		} {
			if got := sh(script); got.code != want.code || !strings.HasPrefix(got.stdout, want.stdout) || got.stderr != want.stderr {
				t.Errorf("%s = %d, %q, %q; want %d, %q and silence", script, got.code, got.stdout, got.stderr, want.code, want.stdout)
			}
		}
	})
}

// An orphan of a worker, which comes to wg-run, is a worker's still.
func TestBrokerStaysWithOrphans(t *testing.T) {
	eachAdopting(t, func(t *testing.T, p *place, sh func(string) result) {
		got := sh(`B=$WG_BROKER; export B; "$0" -- sh -c '(WG_BROKER=$B setsid sh -c "sleep 0.2; $0 --profile b -- true; echo asked >>$HOME/asked" &) >"$HOME/said" 2>&1' "$0"
			until [ -e "$HOME/asked" ]; do sleep 0.05; done; cat "$HOME/said"`)
		if !strings.Contains(got.stdout, "the broker refuses: this process ") {
			t.Errorf("an orphan of a worker's asks the broker: %q, %q; want it refused", got.stdout, got.stderr)
		}
	})
}
