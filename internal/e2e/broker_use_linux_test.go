package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/internal/testrig"
)

func (p *place) active(want string) {
	p.t.Helper()
	if text, err := os.ReadFile(filepath.Join(p.wg, "active-profile")); string(text) != want+"\n" {
		p.t.Errorf("active-profile is %q, %v; want %s", text, err, want)
	}
}

// A profile is switched in all brokers of the home, or in none.
func TestBrokersSwitch(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	elsewhere := *p
	elsewhere.wg = filepath.Join(t.TempDir(), "wg")
	elsewhere.put(someHome)
	elsewhere.env = append(p.env[:len(p.env):len(p.env)], "WG_HOME="+elsewhere.wg)
	one, two, other := p.dispatch(), p.dispatch(), elsewhere.dispatch()
	all := func(doing, name string) {
		t.Helper()
		one.gets(doing+", one", "", key+"-"+name)
		two.gets(doing+", two", "", key+"-"+name)
		other.gets(doing+", one of another home", "", key+"-a")
		p.active(name)
	}
	p.must("", "profile", "use", "b")
	all("switched", "b")
	two.signal(syscall.SIGSTOP)
	began := time.Now()
	got := p.run("", "profile", "use", "a")
	took := time.Since(began)
	one.gets("one of them is stopped", "", key+"-b")
	p.active("b")
	two.signal(syscall.SIGCONT)
	if got.code != 1 || !strings.Contains(got.stderr, fmt.Sprintf("switching the broker %d: it does not answer", two.broker)) || took > 9*time.Second {
		t.Errorf("profile use, where one broker is stopped = %d, %q, after %v; want 1, soon, and which one", got.code, got.stderr, took)
	}
	all("it goes on", "b")
	p.must("", "profile", "use", "a")
	all("switched back", "a")
	p.put(map[string]string{"profiles/c.toml": profile("plaintext:nosuch", "m")})
	if got := p.run("", "profile", "use", "c"); got.code != 1 {
		t.Errorf("profile use of one that does not resolve = %d, %q; want 1", got.code, got.stderr)
	}
	all("one that does not resolve", "a")
	two.signal(syscall.SIGKILL)
	two.brokerEnded()
	p.must("", "profile", "use", "b")
	one.gets("the other was killed", "", key+"-b")
}

// While one who switches waits for the folder's lock nothing is switched, nor is it where it is
// killed then; and where the name cannot be written, what the brokers have switched is taken
// back.
func TestBrokersSwitchBack(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	d, other := p.dispatch(), p.dispatch()
	ctx, cancel := context.WithTimeout(t.Context(), testrig.Watchdog)
	defer cancel()
	unlock, err := safefile.Lock(ctx, p.wg)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	both := func(doing, name string) {
		t.Helper()
		d.gets(doing, "", key+"-"+name)
		other.gets(doing, "", key+"-"+name)
	}
	prepared := func() *exec.Cmd {
		t.Helper()
		one, two := d.status().Lookups, other.status().Lookups
		use := exec.CommandContext(ctx, p.bin, "profile", "use", "b")
		use.Env = p.env
		if err := use.Start(); err != nil {
			t.Fatal(err)
		}
		for d.status().Lookups == one || other.status().Lookups == two {
			time.Sleep(time.Millisecond)
		}
		both("one who switches waits for the lock", "a")
		return use
	}
	use := prepared()
	_ = use.Process.Kill()
	_ = use.Wait()
	both("it was killed", "a")
	p.active("a")

	use = prepared()
	path := filepath.Join(p.wg, "active-profile")
	if err := errors.Join(os.Rename(path, path+".kept"), os.MkdirAll(path+"/x", 0o700)); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := use.Wait(); use.ProcessState.ExitCode() != 1 {
		t.Errorf("profile use, where the name cannot be written = %v, want 1", err)
	}
	both("the name could not be written", "a")
	if got := d.status().Active + other.status().Active; got != "aa" {
		t.Errorf("the brokers' active profiles are %q, want a", got)
	}
	if err := errors.Join(os.RemoveAll(path), os.Rename(path+".kept", path)); err != nil {
		t.Fatal(err)
	}

	// One who switches and ends without the last word has switched nothing, unless the name is.
	c, err := net.Dial("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"use", "commit"} {
		_, _ = c.Write(slices.Concat(frame('B', "1"), frame('q', verb), frame('h', p.wg), frame('p', "b"), frame('.', "")))
		if got := answer(c); got != "done" {
			t.Errorf("%s is answered by %q, want done", verb, got)
		}
	}
	if got := d.status().Active; got != "b" {
		t.Errorf("after commit the active profile is %q, want b", got)
	}
	_ = c.Close()
	for until := time.Now().Add(patience); d.status().Active != "a" && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	both("one who switched ended without a word", "a")
	p.must("", "profile", "use", "b")
	both("after that", "b")
}

// After a switch that was done no worker gets the old secret, and during one each has all
// of the old profile or all of the new one.
func TestBrokerSwitchesAndStarts(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	d, crowd := p.dispatch(), p.dispatch()
	var all sync.WaitGroup
	all.Go(func() {
		got := crowd.do(`for i in 1 2 3 4; do (for j in $(seq 60); do "$0" -- sh -c 'printf "%s for %s\n" "$(cat <&3)" "$WG_MODEL"' || echo "failed $?"; done) & done; wait`)
		counts := map[string]int{}
		for line := range strings.Lines(got.stdout) {
			counts[strings.TrimSpace(line)]++
		}
		t.Logf("%v", counts)
		if a, b := counts[modelOf.either[0]], counts[modelOf.either[1]]; a+b != 240 || a == 0 || b == 0 || got.stderr != "" {
			t.Errorf("240 workers while profiles are switched have %v, stderr %.300q; want some of each and no others", counts, got.stderr)
		}
	})
	for i := range 40 {
		name := aOrB[(i+1)%2]
		p.must("", "profile", "use", name)
		d.gets("after profile use "+name, "", key+"-"+name)
	}
	all.Wait()
}
