package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// snoop is what another user tries: every file of the home and of the broker's folder, and
// all that /proc tells of the dispatcher, the broker and a worker, and of its descriptors. It
// prints what it could read, and last that it has tried.
const snoop = `
for f in $(find "$1" "$2" 2>/dev/null); do test -f "$f" && cat "$f" 2>/dev/null; done
ls -A "$1" "$2" 2>/dev/null
for p in $3; do
	for f in environ mem maps auxv fd/0 fd/3 fd/4 cwd/x root/x; do head -c 4096 "/proc/$p/$f" 2>/dev/null; done
	ls "/proc/$p/fd" 2>/dev/null
	kill -0 "$p" 2>/dev/null && echo "signals $p"
done
echo tried
`

// Another user reads nothing of a home, of a broker, and of a worker with its unread secret, in
// whatever channel it is.
func TestOtherUserReadsNothing(t *testing.T) {
	testrig.Need(t, "setpriv", "find")
	if os.Geteuid() != 0 {
		t.Skip("only root can become two users")
	}
	for _, via := range []string{"pipe", "memfd", "socket", "env:KEY"} {
		t.Run(via, func(t *testing.T) {
			p := below(t, false, someHome)
			if err := os.Chmod(filepath.Dir(p.wg), 0o755); err != nil { // as homes are in many places
				t.Fatal(err)
			}
			cmd := exec.Command(p.bin, "broker", "--", "sh", "-c", fmt.Sprintf(`$W --via %s -- sh -c 'echo worker $$; read x' & echo broker ${WG_BROKER%%%%:*}; wait`, via))
			cmd.Env = p.env
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
			in, err := cmd.StdinPipe()
			out, err2 := cmd.StdoutPipe()
			if err == nil && err2 == nil {
				err = cmd.Start()
			}
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			defer func() { _ = in.Close(); _ = cmd.Wait() }()
			pids := []string{fmt.Sprint(cmd.Process.Pid)}
			for range 2 {
				var what, pid string
				if _, err := fmt.Fscanln(out, &what, &pid); err != nil {
					t.Fatal(err)
				}
				pids = append(pids, pid)
			}
			dir := filepath.Dir(p.wg) + "/run"
			look := func(uid string) string {
				got, _ := exec.Command("setpriv", "--reuid="+uid, "--regid="+uid, "--clear-groups", "sh", "-c", snoop, "sh", p.wg, dir, strings.Join(pids, " ")).Output()
				return string(got)
			}
			if got := look("54322"); got != "tried\n" {
				t.Errorf("another user reads %q, want nothing", got)
			}
			if got := look(fmt.Sprint(p.as.Uid)); !strings.Contains(got, keyA) || !strings.Contains(got, "signals") {
				t.Errorf("the user himself reads %.300q, want his store, or this tests nothing", got)
			}
		})
	}
}
