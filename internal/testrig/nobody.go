//go:build unix

package testrig

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// Watchdog ends a test that would hang; no test waits for it otherwise.
const Watchdog = 30 * time.Second

// nobodyMark is in the environment of the copy that AsNobody starts.
const nobodyMark = "testOnlyNobody"

// IsNobody says that this process is that copy.
func IsNobody() bool { return os.Getenv(nobodyMark) != "" }

// AsNobody runs the test that calls it once more, as a user without privileges.
// It skips, or in CI fails, where that cannot be done.
func AsNobody(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	const uid = 65534
	cmd, err := CopyOfUs(t, "-test.run=^"+t.Name()+"$", "-test.v")
	if err != nil {
		Cannot(t, err)
	}
	cmd.Env = append(os.Environ(), nobodyMark+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		Cannot(t, err)
	}
	err = cmd.Wait()
	result := regexp.MustCompile(`(?m)^--- (PASS|SKIP|FAIL): ` + t.Name() + ` `).FindSubmatch(out.Bytes())
	switch {
	case err != nil || result == nil || string(result[1]) == "FAIL":
		t.Fatalf("%s as uid %d = %v, want it to pass\n%s", t.Name(), uid, err, out.Bytes())
	case string(result[1]) == "SKIP":
		Cannot(t, fmt.Errorf("the test was skipped there:\n%s", out.Bytes()))
	}
}

// Cannot is for a test that this machine cannot run: CI must be able to.
func Cannot(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("testing as another user: %v", err)
	}
	t.Skipf("testing as another user: %v", err)
}

// CopyOfUs is a command for a copy of this test binary that everybody can
// execute; go test builds it where others cannot look.
func CopyOfUs(t testing.TB, args ...string) (*exec.Cmd, error) {
	dir, err := os.MkdirTemp("", "wg-run-nobody")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := os.Open(self)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	name := filepath.Join(dir, "copy.test")
	out, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(out, in)
	if err2 := out.Close(); err == nil {
		err = err2
	}
	for _, path := range []string{name, dir} {
		if err == nil {
			err = os.Chmod(path, 0o755)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), Watchdog)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	return cmd, err
}
