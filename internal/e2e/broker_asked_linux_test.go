package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

const keyA, keyB = key + "-a", key + "-b"

// everyWay asks in each way, first as the dispatcher does and then as a worker.
const everyWay = `
ways="scanned listed status forget reload use again slow two early by-hand setsid orphan orphan-2"
for way in $ways; do echo dispatcher $($T $way); done
for way in $ways; do echo worker $($W $FLAGS -- $T $way); done
$W -- sh -c 'echo next run $(cat <&3)'
echo the status $($W broker status --json)`

// asked is what a broker answers to who is asked by the dispatcher.
var asked = map[string]string{
	"scanned": keyB, "listed": keyB, "slow": keyB, "by-hand": keyB, "setsid": keyB, "status": "done", "forget": "done", "reload": "done",
	"use": "done+done+done", "again": keyB + "+nothing", "two": "refused+" + keyB, "early": keyB + "+refused",
	"orphan": "refused", "orphan-2": "refused",
}

// A worker asks its broker in every way that the dispatcher can, and is refused.
func TestWorkerAsksBroker(t *testing.T) {
	testrig.Need(t, "unshare", "setpriv")
	users(t, func(t *testing.T, root bool) {
		for _, c := range []struct {
			name, flags    string
			before, within []string
			dispatcher     map[string]string // where it is not as in asked
			worker         map[string]string // where it is not refused
		}{
			{name: "plain"},
			{name: "no_new_privs before", before: []string{"setpriv", "--no-new-privs"}},
			{name: "first of a PID namespace", before: []string{"unshare", "--pid", "--fork", "--mount-proc"}},
			{name: "subreaper", within: []string{"env", testOnlyRole + "=reap", "$T"}, dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}},
			{name: "subreaper, no_new_privs before", before: []string{"setpriv", "--no-new-privs"}, within: []string{"env", testOnlyRole + "=reap", "$T"},
				dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}},
			{name: "not isolated", flags: "--no-isolate"},
			// This is open, as docs/threat-model.md says.
			{name: "not isolated below a subreaper", flags: "--no-isolate", within: []string{"env", testOnlyRole + "=reap", "$T"},
				dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}, worker: map[string]string{"orphan": keyB, "orphan-2": keyB}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := below(t, root, someHome)
				if c.before != nil && c.before[0] == "unshare" {
					if os.Geteuid() != 0 {
						t.Skip("only root can make the namespace")
					}
					if p.as != nil {
						p.as = nil
						c.before = append(slices.Clone(c.before), "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
					}
				}
				p.env = append(p.env, testOnlyRole+"=ask", "FLAGS="+c.flags)
				dispatcher := []string{"sh", "-c", everyWay}
				if c.within != nil {
					dispatcher = []string{"sh", "-c", `exec ` + strings.Join(c.within, " ") + ` "$0"`, everyWay}
				}
				got := p.exec("", slices.Concat(c.before, []string{p.bin, "broker", "--"}, dispatcher)...)
				if got.code != 0 || got.stderr != "" {
					t.Errorf("the dispatcher ends with %d, stderr %q; want 0 in silence", got.code, got.stderr)
				}
				said := answers(got.stdout)
				for way, want := range asked {
					if other, ok := c.dispatcher[way]; ok {
						want = other
					}
					if got := said["dispatcher "+way]; got != want {
						t.Errorf("the dispatcher asks, %s = %q, want %q", way, got, want)
					}
					want, open := c.worker[way]
					if got := said["worker "+way]; open && got != want || !open && !refusedOnly(got) {
						t.Errorf("a worker asks, %s = %q, want %q", way, got, want+" or nothing")
					}
				}
				if got := said["next run"]; got != keyA {
					t.Errorf("the run after that got %q, want %q", got, keyA)
				}
			})
		}
	})
}

// answers are the lines by their first two words.
func answers(out string) map[string]string {
	said := map[string]string{}
	for line := range strings.Lines(out) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) == 3 {
			said[words[0]+" "+words[1]] = words[2]
		}
	}
	return said
}

// refusedOnly reports that nothing else was answered.
func refusedOnly(got string) bool {
	first, rest, more := strings.Cut(got, "+")
	return first == "refused" && (!more || refusedOnly(strings.ReplaceAll(rest, "nothing", "refused")))
}
