//go:build unix

package testrig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Commands are what the command-line tests can say beside testscript's own words.
func Commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":     exits,
		"bus":       bus,
		"keyring":   keyring,
		"keepassxc": keepassxc,
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
		"etcd":      etcd,
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

// passstore [-protected] ENTRY FILE makes a gpg key, with a passphrase if protected,
// and a pass store with one entry.
func passstore(ts *testscript.TestScript, _ bool, args []string) {
	passphrase := ""
	if args[0] == "-protected" {
		passphrase, args = "a passphrase", args[1:]
	}
	ts.Check(os.MkdirAll(ts.Getenv("GNUPGHOME"), 0o700))
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "GNUPGHOME=" + ts.Getenv("GNUPGHOME")}
	ts.Defer(func() {
		cmd := exec.Command("gpgconf", "--kill", "all")
		cmd.Env = env
		_ = cmd.Run()
	})
	ts.Check(PassStore(env, passphrase, args[0], ts.ReadFile(args[1])))
}
