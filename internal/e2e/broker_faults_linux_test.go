package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// aLine is what a run says that has to do without its broker.
const aLine = " cannot be asked: "

// alone wants n workers at once to get their secret without the broker, which is said.
func (d *dispatcher) alone(doing string, n int, why string, most time.Duration) {
	d.p.t.Helper()
	began := time.Now()
	got := d.do(fmt.Sprintf(`for i in $(seq %d); do "$0" -- sh -c 'printf "%%s\\n" "$(cat <&3)"' & done; wait`, n))
	took := time.Since(began)
	if want := strings.Repeat(key+"-a\n", n); got.stdout != want || strings.Count(got.stderr, aLine) != n || !strings.Contains(got.stderr, why) {
		d.p.t.Errorf("%s: %d workers have %q, stderr %q; want the key each, and each a line with %q", doing, n, got.stdout, got.stderr, why)
	}
	if took > most {
		d.p.t.Errorf("%s: %d workers took %v, want at most %v", doing, n, took, most)
	}
}

// Without their broker workers start all the same.
func TestBrokerKilled(t *testing.T) {
	t.Parallel()
	d := brokered(t, someHome).dispatch()
	d.gets("before", "", key+"-a")
	d.signal(syscall.SIGKILL)
	d.brokerEnded()
	d.alone("the broker was killed", 10, "it has ended", patience)
	if got := d.p.run("", "broker", "status"); got.code != 1 || !strings.Contains(got.stderr, "no broker of yours is running") {
		t.Errorf("broker status after that = %d, %q; want 1 and that there is none", got.code, got.stderr)
	}
	other := d.p.dispatch()
	if _, err := os.Stat(d.socket); err == nil {
		t.Errorf("%s is there after another broker began, want it gone", d.socket)
	}
	other.gets("another broker", "", key+"-a")
}

// One that is stopped costs each run its patience, and serves again when it goes on.
func TestBrokerStopped(t *testing.T) {
	t.Parallel()
	d := brokered(t, someHome).dispatch()
	d.signal(syscall.SIGSTOP)
	d.alone("the broker was stopped", 20, "it does not answer", 9*time.Second)
	began := time.Now()
	got := d.p.run("", "broker", "status")
	if took := time.Since(began); got.code != 1 || !strings.Contains(got.stderr, fmt.Sprintf("hint: see what it does, or end it (runs then resolve by themselves): kill %d", d.broker)) || took > 9*time.Second {
		t.Errorf("broker status = %d, %q, after %v; want 1, soon, and how to end it", got.code, got.stderr, took)
	}
	d.signal(syscall.SIGCONT)
	d.gets("it goes on", "", key+"-a")
}

// Where the store has a passphrase, a broker that is gone makes a run fail, at once, and
// nobody is asked: not on the terminal either.
func TestBrokerKilledLocked(t *testing.T) {
	t.Parallel()
	p := brokered(t, nil)
	phrase := p.exec("", "sh", "-c", `printf '%s\n' 'a long passphrase' >"$HOME/phrase" && export WG_AGE_PASSPHRASE_FD=9 &&
		"$0" secret backend set age --passphrase 9<"$HOME/phrase" && echo "$1" | "$0" secret set a --from-stdin 9<"$HOME/phrase" && "$0" profile create a --secret a`, p.bin, key)
	p.put(map[string]string{"active-profile": "a\n"})
	if phrase.code != 0 {
		t.Fatalf("making an age store = %d, %q", phrase.code, phrase.stderr)
	}
	s := onTerminal(t, p.env, p.bin, "broker", "--", "sh", "-c",
		`"$0" -- sh -c 'k=$(cat <&3); echo "got ${#k}"'; kill -9 ${WG_BROKER%%:*}; echo killed; "$0" -- true; echo "status $?"`, p.bin)
	s.until("passphrase")
	s.untilSilent()
	s.typed("a long passphrase\n")
	s.until("killed")
	before := strings.Index(string(s.out), "killed") // more may have come already
	if !strings.Contains(string(s.out), fmt.Sprint("got ", len(key))) {
		t.Errorf("a worker before that: shown %q, want that it got the key", s.out)
	}
	began := time.Now()
	s.until("status 125")
	shown := string(s.out[before:])
	if took := time.Since(began); s.ended() != 0 || !strings.Contains(shown, aLine) || !strings.Contains(shown, "locked by a passphrase") || took > patience/2 {
		t.Errorf("a worker after that: shown %q after %v; want that the store is locked, at once", shown, took)
	}
}

// A dispatcher may remove the folder that it was started in.
func TestBrokerFolderGone(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	dir := t.TempDir() + "/gone"
	got := p.exec("", "sh", "-c", `mkdir "$1" && cd "$1" && exec "$0" broker -- sh -c 'cd / && rmdir "$1" && exec "$0" --profile b -- sh -c "cat <&3"' "$0" "$1"`, p.bin, dir)
	if got.code != 0 || got.stdout != key+"-b" || got.stderr != "" {
		t.Errorf("a worker, after the folder is gone = %d, %q, stderr %q; want the key in silence", got.code, got.stdout, got.stderr)
	}
}
