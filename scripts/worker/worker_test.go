//go:build linux

// Package worker_test runs the helpers that workers copy, under a real wg-run.
package worker_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	wgRun, example string // built by TestMain
	here           string // this folder
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		if err := probe(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(99)
		}
		return
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "worker-test")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		here, err = os.Getwd()
	}
	wgRun, example = filepath.Join(dir, "wg-run"), filepath.Join(dir, "example")
	for out, pkg := range map[string]string{wgRun: "../..", example: "./go"} {
		if err == nil {
			cmd := exec.Command("go", "build", "-o", out, pkg)
			cmd.Stderr = os.Stderr
			err = cmd.Run()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "building wg-run and the Go example:", err)
		return 1
	}
	return m.Run()
}

// need returns the program's path. In CI a missing one is a failure, so that no
// helper goes untested unnoticed; busybox alone may be missing there.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "" && program != "busybox":
		t.Fatalf("%s is missing: %v", program, err)
	}
	t.Skipf("%s is missing: %v", program, err)
	return ""
}

// job is one start of a worker.
type job struct {
	helper helper
	script string            // the worker's program, see helper.script
	stored map[string]string // text by name; nil: without wg-run
	flags  []string          // of wg-run
	env    []string
	files  []*os.File // descriptors 3, 4, …
}

// result is what came of it.
type result struct {
	stdout, stderr string
	code           int
	handed         map[string]handed // by variable, before the worker read
	report                           // after it
}

// run starts the worker as the job says. Under wg-run the probe notes what was
// handed over and becomes the worker; the worker's script starts the probe again.
func (j job) run(t *testing.T) result {
	t.Helper()
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json")
	argv := append(j.helper.find(t), j.helper.file(t, dir, strings.ReplaceAll(j.script, "REPORT", after)))
	// The probe under the race detector would wait a second before it exits.
	env := append(clean(os.Environ()), "GORACE=atexit_sleep_ms=0")
	env = append(env, j.env...)
	if j.stored != nil {
		env = append(env, "WG_HOME="+store(t, j.stored))
		argv = append(append(append([]string{wgRun}, j.flags...), "--", os.Args[0], "probe", "before", before), argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = dir, env, j.files, &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("starting %q: %v", argv, err)
	}
	r := result{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
	readJSON(t, before, &r.handed)
	readJSON(t, after, &r.report)
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Errorf("%s: a command in a variable or a name was executed", j.helper.name)
	}
	return r
}

// clean takes out of an environment what would be taken for wg-run's.
func clean(env []string) []string {
	return slices.DeleteFunc(env, func(e string) bool {
		return strings.HasPrefix(e, "WG_") || strings.HasPrefix(e, "API_KEY=") || strings.HasPrefix(e, "GITHUB=")
	})
}

// store makes a WG_HOME with a plaintext store.
func store(t *testing.T, secrets map[string]string) string {
	t.Helper()
	home := filepath.Join(t.TempDir(), "wg")
	text := "version = 1\n[secrets]\n"
	for name, value := range secrets {
		text += fmt.Sprintf("%s = %q\n", name, value) // Go's escapes are TOML's, for text
	}
	err := os.Mkdir(home, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "config.toml"), []byte("[secrets]\nallow_plaintext = true\n"), 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "secrets.toml"), []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// readJSON leaves v as it is if there is no such file: the worker ended early.
func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
