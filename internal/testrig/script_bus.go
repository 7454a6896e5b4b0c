//go:build unix

package testrig

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The buses, prompters and background jobs of the running scripts.
type rigKey struct{ work string }

var (
	buses     = map[rigKey]*Bus{}
	prompters = map[rigKey]*Prompter{}
	desktops  = map[rigKey]*Desktop{}
	jobs      = map[rigKey]*exec.Cmd{}
	rigLock   = make(chan struct{}, 1)
)

func locked(f func()) {
	rigLock <- struct{}{}
	defer func() { <-rigLock }()
	f()
}

func key(ts *testscript.TestScript) rigKey { return rigKey{ts.Getenv("WORK")} }

func busOf(ts *testscript.TestScript) (b *Bus) {
	locked(func() { b = buses[key(ts)] })
	if b == nil {
		ts.Fatalf("no bus was started")
	}
	return b
}

// bus starts a private session bus; "bus bare" one on which nothing can start.
func bus(ts *testscript.TestScript, _ bool, args []string) {
	dir, err := os.MkdirTemp(ts.Getenv("WORK"), "bus")
	ts.Check(err)
	b, err := StartBus(dir, len(args) == 0)
	ts.Check(err)
	ts.Defer(b.Close)
	locked(func() { buses[key(ts)] = b; delete(desktops, key(ts)) })
	ts.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
}

// killbus ends the bus and leaves what was on it.
func killbus(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(busOf(ts).SignalBus(syscall.SIGKILL))
}

// keyring start|lock|SIGNAL works on the gnome-keyring of this script.
func keyring(ts *testscript.TestScript, _ bool, args []string) {
	b := busOf(ts)
	switch args[0] {
	case "start":
		ts.Check(b.StartKeyring())
	case "lock":
		ts.Check(b.LockKeyring())
	default:
		ts.Check(b.SignalKeyring(signalNamed(ts, args[0])))
	}
}

// keepassxc start|locked|lock works on the KeePassXC of this script, whose database is
// vault: started unlocked or locked, or locked later.
func keepassxc(ts *testscript.TestScript, _ bool, args []string) {
	b := busOf(ts)
	k, err := b.NewKeePass("vault")
	ts.Check(err)
	if args[0] == "lock" {
		ts.Check(k.Lock())
		return
	}
	ts.Check(k.Start(args[0] == "locked"))
}

// odd HOW puts a stand-in for a Secret Service on the bus that misbehaves in that way.
func oddKeyring(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(busOf(ts).StartOddKeyring(args[0]))
}

// prompter puts a stand-in on the bus that takes prompts and never answers.
func prompter(ts *testscript.TestScript, _ bool, _ []string) {
	p, err := busOf(ts).StartPrompter()
	ts.Check(err)
	locked(func() { prompters[key(ts)] = p })
}

// prompted waits until the person at the desktop, or else the stand-in, was asked.
func prompted(ts *testscript.TestScript, _ bool, _ []string) {
	if d := desktopOf(ts); d != nil {
		patiently(ts, d.Prompted)
		return
	}
	var p *Prompter
	locked(func() { p = prompters[key(ts)] })
	if p == nil {
		ts.Fatalf("there is no desktop and no prompter")
	}
	select {
	case <-p.Asked:
	case <-time.After(rigPatience):
		ts.Fatalf("the prompter was not asked")
	}
}

// desktop gives the bus a display, on which the real prompter shows its window.
func desktop(ts *testscript.TestScript, _ bool, _ []string) {
	d, err := busOf(ts).StartDesktop()
	ts.Check(err)
	ts.Defer(d.Close)
	locked(func() { desktops[key(ts)] = d })
}

func desktopOf(ts *testscript.TestScript) (d *Desktop) {
	locked(func() { d = desktops[key(ts)] })
	return d
}

// answer PASSWORD types it into the window that was waited for with prompted.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	patiently(ts, func(ctx context.Context) error { return desktopOf(ts).Answer(ctx, args[0]) })
}

// dismiss presses Escape there.
func dismiss(ts *testscript.TestScript, _ bool, _ []string) { patiently(ts, desktopOf(ts).Dismiss) }

func patiently(ts *testscript.TestScript, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), rigPatience)
	defer cancel()
	ts.Check(f(ctx))
}

// rigPatience ends a test that would hang; no test waits for it otherwise.
const rigPatience = 20 * time.Second
