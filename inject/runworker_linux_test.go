package inject

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	must(t, err)
	return path
}

// command is this binary as a helper; it inherits nothing but what is said.
func command(t *testing.T, path, what, env string, args ...string) *exec.Cmd {
	t.Helper()
	// What go test itself was given by who started it is not for us to pass on.
	must(t, unix.CloseRange(firstNumber, ^uint(0)>>33, unix.CLOSE_RANGE_CLOEXEC))
	ctx, cancel := context.WithTimeout(context.Background(), testrig.Watchdog)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	// The race detector would have each process sleep for a second at its end.
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", testOnlyHelper+"="+what), strings.Fields(env)...)
	return cmd
}

// runWorker has a helper become the worker, with files of these numbers open.
func runWorker(t *testing.T, path, open, env string, secrets []string) report {
	t.Helper()
	cmd := command(t, path, "become", env, secrets...)
	dir := t.TempDir()
	for _, number := range strings.Fields(open) {
		n, err := strconv.Atoi(number)
		must(t, err)
		f, err := os.Create(filepath.Join(dir, "caller"+number))
		must(t, err)
		defer func() { _ = f.Close() }()
		for len(cmd.ExtraFiles) < n-firstNumber {
			cmd.ExtraFiles = append(cmd.ExtraFiles, nil)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	must(t, cmd.Start())
	err := cmd.Wait()
	var got report
	if err != nil || json.Unmarshal(out.Bytes(), &got) != nil || errs.Len() != 0 {
		t.Fatalf("Exec with %s open, %s, %q = %v, want a report\n%s%s", open, env, secrets, err, out.Bytes(), errs.Bytes())
	}
	if got.PID != cmd.Process.Pid {
		t.Errorf("the worker's pid = %d, want %d, wg-run's own", got.PID, cmd.Process.Pid)
	}
	return got
}

// checkSecrets wants each secret at its number, by the variables and in fact.
func checkSecrets(t *testing.T, call string, got report, secrets, numbers []string) {
	t.Helper()
	for i, s := range secrets {
		name, _, _ := strings.Cut(s, "=")
		if want := numbers[i] + " /dev/fd/" + numbers[i]; got.Given[name] != want {
			t.Errorf("%s: %s is said to be at %q, want %q", call, name, got.Given[name], want)
		}
		if got.Values[name] != secretOf(name) {
			t.Errorf("%s: reading %s = %q, want %q", call, name, got.Values[name], secretOf(name))
		}
	}
}

func checkCallers(t *testing.T, call string, got report, left []string) {
	t.Helper()
	for _, number := range left {
		n, err := strconv.Atoi(number)
		must(t, err)
		if want := "caller" + number; filepath.Base(got.Inherited[n]) != want {
			t.Errorf("%s: descriptor %d of the worker is %q, want the caller's %s", call, n, got.Inherited[n], want)
		}
	}
}

func overlap(a, b string) bool {
	for _, x := range strings.Fields(a) {
		if strings.Contains(" "+b+" ", " "+x+" ") {
			return true
		}
	}
	return false
}
