package e2e

import "testing"

// unread is what a script's worker has written when it says its pid: more than its reader's pipe
// holds, so that its parent waits for the reader.
const unread = `head -c 131000 /dev/zero; echo $$ >$HOME/pid.new; mv $HOME/pid.new $HOME/pid`

// A worker that has ended cannot be told to end: then its parent is, also where it has not
// noticed yet.
func TestParentToldLate(t *testing.T) {
	for _, signal := range []string{"TERM", "INT", "HUP"} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			p := newParented(t)
			p.env = append(p.env, "B="+p.bin, "S="+signal)
			got := p.sh(`mkfifo $HOME/out; exec 9<>$HOME/out
				$B --ref plaintext:k --mask -- sh -c '` + unread + `; exec sleep 1000' >$HOME/out & w=$!
				until [ -s $HOME/pid ]; do sleep 0.01; done
				kill -STOP $w; kill -KILL $(cat $HOME/pid); kill -$S $w; kill -CONT $w
				wait $w; echo $?`)
			if want := "137\n"; got.code != 0 || got.stdout != want {
				t.Errorf("kill -%s of wg-run, whose worker has ended = %v, want %q", signal, got, want)
			}
		})
	}
}
