//go:build linux

package worker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// helper is one way to read a secret, in one interpreter.
type helper struct {
	name    string
	program []string // interpreter and its arguments
	ext     string
	// script is a worker that reads the secrets of those names, writes them to
	// stdout one after the other and starts the probe, which writes to REPORT.
	script func(names ...string) string
	// shell: cannot hold NUL bytes or newlines at the end.
	shell bool
	// keepsHigh: cannot close descriptors above 9.
	keepsHigh bool
}

var helpers = []helper{
	{name: "dash", program: []string{"dash"}, ext: ".sh", script: shScript, shell: true, keepsHigh: true},
	{name: "bash", program: []string{"bash"}, ext: ".sh", script: shScript, shell: true},
	{name: "bash-posix", program: []string{"bash", "--posix"}, ext: ".sh", script: shScript, shell: true},
	{name: "busybox", program: []string{"busybox", "sh"}, ext: ".sh", script: shScript, shell: true},
	{name: "python", program: []string{"python3", "-B"}, ext: ".py", script: pyScript},
	{name: "node", program: []string{"node"}, ext: ".mjs", script: mjsScript},
}

// Which helpers a test is for.
func every(helper) bool    { return true }
func shells(h helper) bool { return h.shell }
func others(h helper) bool { return !h.shell }

func each(t *testing.T, which func(helper) bool, f func(*testing.T, helper)) {
	t.Helper()
	for _, h := range helpers {
		if which(h) {
			t.Run(h.name, func(t *testing.T) { f(t, h) })
		}
	}
}

// find returns the interpreter's command line.
func (h helper) find(t *testing.T) []string {
	t.Helper()
	path := need(t, h.program[0])
	if h.program[0] == "python3" {
		var err error
		if path, err = realPython(); err != nil {
			t.Fatal(err)
		}
	}
	return append([]string{path}, h.program[1:]...)
}

// realPython passes a version manager's wrapper by, which is a slow shell script.
var realPython = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	return strings.TrimSpace(string(out)), err
})

func (h helper) file(t *testing.T, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "worker"+h.ext)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func shScript(names ...string) string { return shWorker("set -eu", "", names...) }

// shWorker has lines of its own before and after the secrets are read.
func shWorker(before, after string, names ...string) string {
	text := before + "\n. '" + here + "/read_secret.sh'\n"
	for _, n := range names {
		text += "read_secret " + n + "\n"
	}
	text += after + "\nset +x\n"
	for _, n := range names {
		text += "printf %s \"$" + n + "\"\n"
	}
	// The last line keeps the shell from becoming the probe.
	return text + "'" + os.Args[0] + "' probe after 'REPORT'\n:\n"
}

// pyScript starts the probe with what is inheritable: subprocess would close it.
func pyScript(names ...string) string {
	return fmt.Sprintf(`import os, sys
sys.path.insert(0, %q)
from read_secret import read_secret
for name in %q.split():
    sys.stdout.buffer.write(read_secret(name))
sys.stdout.flush()
sys.exit(os.spawnv(os.P_WAIT, %[3]q, [%[3]q, "probe", "after", "REPORT"]))
`, here, strings.Join(names, " "), os.Args[0])
}

func mjsScript(names ...string) string {
	return fmt.Sprintf(`import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { readSecret } from %q;
for (const name of %q.split(' ')) fs.writeSync(1, readSecret(name));
process.exit(spawnSync(%q, ['probe', 'after', 'REPORT'], { stdio: 'inherit' }).status);
`, "file://"+here+"/read_secret.mjs", strings.Join(names, " "), os.Args[0])
}
