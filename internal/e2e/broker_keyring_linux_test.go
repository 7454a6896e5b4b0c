package e2e

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/testrig"
)

// A keyring that is stopped, or killed, costs a worker nothing whose secret is held; what
// is new fails within its deadline, and works when the keyring does and the broker was
// told to forget.
func TestBrokerKeyringFails(t *testing.T) {
	testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon")
	t.Parallel()
	bus := newBus(t)
	if err := bus.StartKeyring(); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"config.toml": inKeyring + "timeout = \"1s\"\n", "active-profile": "a\n"}
	for _, name := range []string{"a", "b", "c", "d"} {
		files["profiles/"+name+".toml"] = profile("keyring:"+name, "m")
	}
	p := brokered(t, files, busVariable+bus.Address)
	for _, name := range []string{"a", "b", "c", "d"} {
		p.must(valueOf(name), "secret", "set", name, "--from-stdin")
	}
	d := p.dispatch()
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := bus.SignalKeyring(s); err != nil {
			t.Fatal(err)
		}
	}
	d.gets("it works", "", valueOf("a"))
	signal(syscall.SIGSTOP)
	d.gets("it is stopped, and the secret held", "", valueOf("a"))
	began := time.Now()
	d.fails("it is stopped", "--profile b", "")
	if took := time.Since(began); took > 7*time.Second {
		t.Errorf("it is stopped: a run fails after %v, want its second, and 5 to say so", took)
	}
	began = time.Now()
	d.fails("it is stopped, and that is known", "--profile b", "")
	if took := time.Since(began); took > time.Second {
		t.Errorf("it is stopped, and that is known: a run fails after %v, want at once", took)
	}
	signal(syscall.SIGCONT)
	d.fails("it goes on, in the cool-down", "--profile b", "")
	p.must("", "broker", "forget", "keyring:b")
	d.gets("it goes on, after forget", "--profile b", valueOf("b"))
	signal(syscall.SIGKILL)
	d.gets("it was killed, and the secret held", "--profile b", valueOf("b"))
	d.fails("it was killed", "--profile c", "")
	if err := bus.StartKeyring(); err != nil {
		t.Fatal(err)
	}
	p.must("", "broker", "forget")
	d.gets("there is another one", "--profile c", valueOf("c"))
	d.gets("there is another one, what was held", "", valueOf("a"))
	if s := d.status(); s.Refused != 0 {
		t.Errorf("%d requests were refused, want none", s.Refused)
	}
}

// A keyring that is locked asks one person, once, for all who wait; where nobody answers
// they all fail within the deadline, and nobody is asked again.
func TestBrokerKeyringLocked(t *testing.T) {
	testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon")
	t.Parallel()
	bus := newBus(t)
	if err := bus.StartKeyring(); err != nil {
		t.Fatal(err)
	}
	p := brokered(t, map[string]string{
		"config.toml": inKeyring + "timeout = \"2s\"\n", "active-profile": "a\n",
		"profiles/a.toml": profile("keyring:a", "m"), "profiles/b.toml": profile("keyring:b", "m"),
	}, busVariable+bus.Address)
	for _, name := range aOrB {
		p.must(valueOf(name), "secret", "set", name, "--from-stdin")
	}
	d := p.dispatch()
	prompter, err := bus.StartPrompter()
	if err == nil {
		err = bus.LockKeyring()
	}
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	for _, doing := range []string{"locked", "locked, and that is known"} {
		began := time.Now()
		got := d.do(fmt.Sprintf(`for i in $(seq %d); do "$0" --profile b -- true || echo $? & done; wait`, n))
		took := time.Since(began)
		if want := 4 * n; len(got.stdout) != want || took > 9*time.Second {
			t.Errorf("%s: %d workers = %q, %q, after %v; want 125 each, within 9s", doing, n, got.stdout, got.stderr, took)
		}
		d.gets(doing+", and held", "", valueOf("a"))
	}
	if asked := len(prompter.Asked); asked > 1 {
		t.Errorf("%d prompts were begun, want at most one", asked)
	}
}
