package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/testrig"
)

// attacked is a worker that reads its secret when it is told to, and has a child look for it then. What tells it
// is a FIFO, since its standard input may be the secret; cat opens it, since dash's own read would
// put it in the place of standard input.
const attacked = `
mkfifo $D/tell.$$
echo $$
cat $D/tell.$$ >/dev/null
case $HOW in
env) ;;
stdin) cat >/dev/null ;;
*) cat <&$WG_API_KEY_FD >/dev/null ;;
esac
echo read
cat $D/tell.$$ >/dev/null
sh -c 'timeout 5 cat <&${WG_API_KEY_FD:-0}; timeout 5 cat "$WG_API_KEY_FILE" "$CREDENTIALS_DIRECTORY/api_key"; printenv KEY' 2>/dev/null
echo
echo end
`

// thief looks for a secret behind a process's descriptors and in its environment.
const thief = `
for fd in 0 3 4; do timeout 5 head -c 4096 /proc/$1/fd/$fd; timeout 5 head -c 4096 /proc/$1/fd/$fd/api_key; done 2>/dev/null
head -c 65536 /proc/$1/environ 2>/dev/null
echo tried
`

// prey is one that runs.
type prey struct {
	t   *testing.T
	p   *place
	cmd *exec.Cmd
	out *bufio.Reader
	pid string
}

func startAttacked(t *testing.T, p *place, channel string) *prey {
	t.Helper()
	flags := strings.Fields(strings.Replace(channel, "VAR", "KEY", 1))
	how, _, _ := strings.Cut(flags[0], ":")
	w := &prey{t: t, p: p}
	w.cmd = exec.Command(p.bin, append(append([]string{"--ref", "plaintext:a", "--via"}, flags...), "--", "sh", "-c", attacked)...)
	w.cmd.Env = append(p.env, "HOW="+how)
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Setpgid: true}
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL); _ = w.cmd.Wait() })
	w.out = bufio.NewReader(out)
	w.pid = w.line()
	return w
}

func (w *prey) line() string {
	w.t.Helper()
	line, err := w.out.ReadString('\n')
	if err != nil {
		w.t.Fatalf("reading from the worker: %v", err)
	}
	return strings.TrimSpace(line)
}

// tell has it go on.
func (w *prey) tell() {
	w.t.Helper()
	dir := ""
	for _, e := range w.p.env {
		if d, ok := strings.CutPrefix(e, "D="); ok {
			dir = d
		}
	}
	if err := os.WriteFile(dir+"/tell."+w.pid, []byte("go\n"), 0); err != nil {
		w.t.Fatal(err)
	}
}

// stolen has a process of that user look, started by what head says.
func (w *prey) stolen(as *syscall.Credential, head ...string) string {
	w.t.Helper()
	argv := append(head, "sh", "-c", thief, "sh", w.pid)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.SysProcAttr = w.p.env, &syscall.SysProcAttr{Credential: as}
	got, _ := cmd.Output()
	if !strings.HasSuffix(string(got), "tried\n") {
		w.t.Fatalf("the thief did not come to its end: %q", got)
	}
	return found(string(got))
}

func found(text string) string {
	if strings.Contains(text, keyA) {
		return "yes"
	}
	return "no"
}

// The table of channels in docs/threat-model.md is what an attacker finds.
func TestAttackers(t *testing.T) {
	testrig.Need(t, "timeout", "setpriv")
	if os.Geteuid() != 0 {
		t.Skip("only root can become two users")
	}
	documented := channelTable(t)
	for _, c := range fdpass.Channels() {
		if !slices.ContainsFunc(documented, func(row []string) bool { return strings.HasPrefix(row[0], c.Name) }) {
			t.Errorf("docs/threat-model.md has no channel %s", c.Name)
		}
	}
	for _, row := range documented {
		t.Run(row[0], func(t *testing.T) {
			p := below(t, false, someHome)
			other := &syscall.Credential{Uid: 54322, Gid: 54322}
			start := func() *prey { return startAttacked(t, p, row[0]) }
			got := []string{row[0],
				start().stolen(other),
				start().stolen(p.as)}
			w := start()
			w.tell()
			w.line()
			got = append(got, w.stolen(p.as), start().stolen(p.as, p.bin, "--isolate", "--ref", "plaintext:b", "--"))
			w = start()
			w.tell()
			w.line()
			w.tell()
			child := ""
			for line := ""; line != "end"; line = w.line() {
				child += line
			}
			if got = append(got, found(child)); !slices.Equal(got, row) {
				t.Errorf("what an attacker finds is\n%v, want what docs/threat-model.md says:\n%v", got, row)
			}
		})
	}
}

// channelTable are the fields of the table below "On the way to the worker", without their quotes.
func channelTable(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "\n| channel | another user |")
	table, _, ok2 := strings.Cut(after, "\n\n")
	if !ok || !ok2 {
		t.Fatal("docs/threat-model.md has no table of channels")
	}
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| `") {
			fields := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
			fields[0] = strings.Trim(fields[0], "`")
			rows = append(rows, fields)
		}
	}
	if len(rows) == 0 {
		t.Fatal(fmt.Errorf("the table of channels has no rows"))
	}
	return rows
}
