package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

const keyA, keyB = key + "-a", key + "-b"

// everyWay asks in each way, first as the dispatcher does and then as a worker.
const everyWay = `
export B=${WG_BROKER%%:*}
ways="scanned listed door status forget reload use again slow two early by-hand setsid cparent orphan orphan-2"
for way in $ways; do echo dispatcher $($T $way); done
for way in $ways; do echo worker $($W $FLAGS -- $T $way); done
$W -- sh -c 'echo next run $(cat <&3)'
echo the status $($W broker status --json)`

// asked is what a broker answers to who is asked by the dispatcher.
var asked = map[string]string{
	"scanned": keyB, "listed": keyB, "door": keyB, "cparent": keyB, "slow": keyB, "by-hand": keyB, "setsid": keyB, "status": "done", "forget": "done", "reload": "done",
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
			{name: "no_new_privs and many groups before", before: []string{"setpriv", "--no-new-privs", "--reuid=54321", "--regid=54321", "--groups=" + manyGroups()}},
			{name: "first of a PID namespace", before: []string{"unshare", "--pid", "--fork", "--mount-proc"}},
			{name: "subreaper", within: []string{"env", testOnlyRole + "=reap", "$T"}, dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}},
			{name: "subreaper, no_new_privs before", before: []string{"setpriv", "--no-new-privs"}, within: []string{"env", testOnlyRole + "=reap", "$T"},
				dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}},
			// This is open, as docs/threat-model.md says.
			{name: "not isolated", flags: "--no-isolate", worker: map[string]string{"cparent": keyB}},
			{name: "not isolated below a subreaper", flags: "--no-isolate", within: []string{"env", testOnlyRole + "=reap", "$T"},
				dispatcher: map[string]string{"orphan": keyB, "orphan-2": keyB}, worker: map[string]string{"cparent": keyB, "orphan": keyB, "orphan-2": keyB}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := below(t, root, someHome)
				if c.before != nil && strings.Contains(strings.Join(c.before, " "), "--reuid") {
					if p.as == nil {
						t.Skip("it becomes that user by itself")
					}
					p.as = nil
				}
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

// manyGroups makes /proc/PID/status longer than a page.
func manyGroups() string {
	var list []string
	for i := range 300 {
		list = append(list, fmt.Sprint(3000000000+i))
	}
	return strings.Join(list, ",")
}

// What is a worker of one dispatcher gets nothing done by another's broker, though both have
// no_new_privs and as many filters.
func TestForeignWorkers(t *testing.T) {
	users(t, func(t *testing.T, root bool) {
		p := below(t, root, someHome)
		p.env = append(p.env, testOnlyRole+"=ask")
		got := p.exec("", "sh", "-c", `
			$W --isolate -- $W broker -- sh -c 'touch $D/ready; until test -e $D/done; do sleep 0.02; done' & until test -e $D/ready; do sleep 0.02; done
			for way in status forget reload use listed; do echo worker $($W --isolate -- $T $way); done
			echo shell $($T status); touch $D/done; wait`)
		said := answers(got.stdout)
		for _, way := range []string{"status", "forget", "reload", "use", "listed"} {
			if !refusedOnly(said["worker "+way]) {
				t.Errorf("a worker asks another dispatcher's broker, %s = %q, want refused", way, said["worker "+way])
			}
		}
		if said["shell status"] != "done" || got.code != 0 {
			t.Errorf("the user's shell asks it, status = %q, want done, or this tests nothing; %d, %q", said["shell status"], got.code, got.stderr)
		}
	})
}

// Another user is refused at the door that everybody can find.
func TestOtherUsers(t *testing.T) {
	testrig.Need(t, "setpriv")
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	p := below(t, true, someHome)
	p.env = append(p.env, testOnlyRole+"=ask")
	got := p.exec("", p.bin, "broker", "--", "sh", "-c", `export B=${WG_BROKER%%:*}; echo own $($T door); echo other $(setpriv --reuid=54321 --regid=54321 --clear-groups $T door)`)
	said := answers(got.stdout)
	if said["own door"] != keyB || said["other door"] != "refused" {
		t.Errorf("the dispatcher gets %q, another user %q, want %q and refused; %q", said["own door"], said["other door"], keyB, got.stderr)
	}
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
