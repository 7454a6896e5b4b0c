//go:build unix

package testrig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Commands are what the command-line tests can say beside testscript's own words.
func Commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":     exits,
		"bus":       bus,
		"keyring":   keyring,
		"odd":       oddKeyring,
		"prompter":  prompter,
		"prompted":  prompted,
		"desktop":   desktop,
		"answer":    answer,
		"dismiss":   dismiss,
		"passstore": passstore,
		"signal":    signalJob,
		"waitexit":  waitexit,
		"start":     start,
		"killbus":   killbus,
		"plainhome": plainhome,
	}
}

// exits CODE PROGRAM ARG... runs a program and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// plainhome makes ~/.wg with a plaintext store that holds the given NAME=VALUE;
// =@FILE takes the value from a file.
func plainhome(ts *testscript.TestScript, _ bool, args []string) {
	wg := ts.Getenv("WG")
	ts.Check(os.MkdirAll(filepath.Join(wg, "profiles"), 0o700))
	ts.Check(os.WriteFile(filepath.Join(wg, "config.toml"), []byte("[secrets]\nallow_plaintext = true\ntimeout = \"5s\"\n"), 0o600))
	var b strings.Builder
	b.WriteString("version = 1\n\n[secrets]\n")
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		if file, ok := strings.CutPrefix(value, "@"); ok {
			value = ts.ReadFile(file)
		}
		fmt.Fprintf(&b, "%s = %q\n", name, value)
	}
	ts.Check(os.WriteFile(filepath.Join(wg, "secrets.toml"), []byte(b.String()), 0o600))
}

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

// odd HOW puts a stand-in for a Secret Service on the bus that misbehaves in that way.
func oddKeyring(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(busOf(ts).StartOddKeyring(args[0]))
}

func signalNamed(ts *testscript.TestScript, name string) syscall.Signal {
	s, ok := map[string]syscall.Signal{
		"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT,
	}[name]
	if !ok {
		ts.Fatalf("unknown signal %s", name)
	}
	return s
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

// start runs a program in the background, its output in the files out and err.
func start(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	path, err := exec.LookPath(args[0])
	if p := filepath.Join(strings.Split(ts.Getenv("PATH"), ":")[0], args[0]); err != nil {
		path = p
	}
	cmd.Path, cmd.Err = path, nil
	cmd.Dir = ts.Getenv("WORK")
	for _, v := range []string{"PATH", "HOME", "WG", "WORK", "DBUS_SESSION_BUS_ADDRESS", "WG_HOME", "WG_PROFILE"} {
		if value := ts.Getenv(v); value != "" {
			cmd.Env = append(cmd.Env, v+"="+value)
		}
	}
	cmd.Stdout, err = os.Create(ts.MkAbs("out"))
	ts.Check(err)
	cmd.Stderr, err = os.Create(ts.MkAbs("err"))
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	locked(func() { jobs[key(ts)] = cmd })
}

func jobOf(ts *testscript.TestScript) (cmd *exec.Cmd) {
	locked(func() { cmd = jobs[key(ts)] })
	return cmd
}

// signal NAME sends a signal to the background program.
func signalJob(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(jobOf(ts).Process.Signal(signalNamed(ts, args[0])))
}

// waitexit CODE waits for the background program; 128+n if signal n ended it.
func waitexit(ts *testscript.TestScript, _ bool, args []string) {
	cmd := jobOf(ts)
	alarm := time.AfterFunc(rigPatience, func() { _ = cmd.Process.Kill() })
	defer alarm.Stop()
	_ = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	got := status.ExitStatus()
	if status.Signaled() {
		got = 128 + int(status.Signal())
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("the background program ended with %d, want %s", got, args[0])
	}
}

// passstore ENTRY FILE makes a gpg key and a pass store with one entry.
func passstore(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.MkdirAll(ts.Getenv("GNUPGHOME"), 0o700))
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "GNUPGHOME=" + ts.Getenv("GNUPGHOME")}
	ts.Defer(func() {
		cmd := exec.Command("gpgconf", "--kill", "all")
		cmd.Env = env
		_ = cmd.Run()
	})
	ts.Check(PassStore(env, args[0], ts.ReadFile(args[1])))
}
