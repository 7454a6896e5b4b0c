//go:build unix

package safefile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watchdog ends a test that would hang; no test waits for it otherwise.
const watchdog = 10 * time.Second

// TestMain lets this binary stand for another process: testOnlyHelper chooses
// what it does.
func TestMain(m *testing.M) {
	if what := os.Getenv("testOnlyHelper"); what != "" {
		// strace counts system calls for each thread.
		runtime.LockOSThread()
		os.Exit(helper(what, os.Getenv("testOnlyPath")))
	}
	os.Exit(m.Run())
}

func helper(what, path string) int {
	var err error
	switch what {
	case "hold": // the lock, until stdin ends
		if _, err = Lock(context.Background(), path); err == nil {
			fmt.Println("locked")
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	case "write": // under the lock, as every caller does
		var unlock func()
		if unlock, err = Lock(context.Background(), filepath.Dir(path)); err == nil {
			err = Write(path, newContent)
			unlock()
		}
	case "read":
		var data []byte
		data, err = Read(path, Rule{Private: os.Getenv("testOnlyPrivate") != "", Max: 1 << 20})
		fmt.Printf("%s", data)
	}
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

var (
	oldContent = []byte("the old content\n")
	newContent = bytes.Repeat([]byte("the new content\n"), 4096)
)

// asHelper is this binary as another process, under the given program if any.
func asHelper(what, path string, under ...string) *exec.Cmd {
	argv := append(under, testBinary()...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "testOnlyHelper="+what, "testOnlyPath="+path, "GORACE=atexit_sleep_ms=0")
	return cmd
}

func testBinary() []string { return []string{os.Args[0], "-test.run=^$"} }

// within fails the test if f does not return.
func within(t *testing.T, call string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(watchdog):
		t.Fatalf("%s: did not return, want an answer", call)
	}
}

// tree lists what lies in dir: mode, name, and where a link points to.
func tree(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("ReadDir(%s): %v", dir, err)
	}
	var list []string
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil {
			t.Fatalf("Info(%s): %v", e.Name(), err)
		}
		list = append(list, fmt.Sprintf("%v %s", fi.Mode(), e.Name()))
	}
	return strings.Join(list, "\n")
}

func put(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	_ = os.Remove(path) // its mode may keep us from writing
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// modeOf is the mode of path itself, or why there is none.
func modeOf(path string) string {
	fi, err := os.Lstat(path)
	if err != nil {
		return err.Error()
	}
	return fi.Mode().String()
}

// withUmask sets the process's umask until the test ends.
func withUmask(t *testing.T, mask int) {
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}
