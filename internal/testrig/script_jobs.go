//go:build unix

package testrig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func signalNamed(ts *testscript.TestScript, name string) syscall.Signal {
	s, ok := map[string]syscall.Signal{
		"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT,
	}[name]
	if !ok {
		ts.Fatalf("unknown signal %s", name)
	}
	return s
}

// start runs a program in the background, its output in the files out and err.
func start(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	path, err := exec.LookPath(args[0])
	if p := filepath.Join(strings.Split(ts.Getenv("PATH"), ":")[0], args[0]); err != nil {
		path = p
	}
	cmd.Path, cmd.Err = path, nil
	cmd.Dir = ts.Getenv("WORK")
	for _, v := range []string{"PATH", "HOME", "WG", "WORK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "WG_HOME", "WG_PROFILE"} {
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
