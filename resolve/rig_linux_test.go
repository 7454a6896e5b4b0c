package resolve

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestMain lets this binary stand for another process (testOnlyHelper says for
// what), and ends the real parts that the tests share.
func TestMain(m *testing.M) {
	if what := os.Getenv("testOnlyHelper"); what != "" {
		os.Exit(helper(what))
	}
	code := m.Run()
	for _, end := range atEnd {
		end()
	}
	os.Exit(code)
}

var atEnd []func()

// helper resolves testOnlyRef, or stores testOnlyValue under it.
func helper(what string) int {
	r := &Resolver{Settings: Settings{Home: os.Getenv("testOnlyHome"), AllowPlaintext: true}}
	r.Say = func(line string) { fmt.Println("said:", line) }
	ref, err := bare.ParseRef(os.Getenv("testOnlyRef"))
	if err == nil && what == "set" {
		_, err = r.Set(context.Background(), ref.Scheme, ref.Path, NewSecret([]byte(os.Getenv("testOnlyValue"))))
	} else if err == nil {
		var s *Secret
		if s, err = r.Resolve(context.Background(), ref); err == nil {
			fmt.Printf("value: %s\n", s.Bytes())
		}
	}
	fmt.Printf("outcome %d: %v\n", OutcomeOf(err), err)
	return int(OutcomeOf(err))
}

// asHelper is this binary as another process: godbus keeps one connection for
// each, so what needs another bus, or none, needs another process.
func asHelper(what, ref string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", "testOnlyHelper="+what, "testOnlyRef="+ref), env...)
	return cmd
}

// serviceVariable has the tests run on another Secret Service than gnome-keyring.
const serviceVariable = "testOnlyService"

func onKeePass() bool { return os.Getenv(serviceVariable) == "keepassxc" }

// startService starts the Secret Service that the tests run on, unlocked.
func startService(bus *testrig.Bus) error {
	if !onKeePass() {
		return bus.StartKeyring()
	}
	k, err := bus.NewKeePass("vault")
	if err != nil {
		return err
	}
	return k.Start(false)
}

// sharedBus is the one bus of this process, with an unlocked keyring. The
// bus starts nothing by itself: should the daemon crash (it was seen to), a
// locked one would come in its place.
var sharedBus = sync.OnceValues(func() (*testrig.Bus, error) {
	dir, err := os.MkdirTemp("", "wg-bus") // a socket's path is short
	if err != nil {
		return nil, err
	}
	atEnd = append(atEnd, func() { _ = os.RemoveAll(dir) })
	bus, err := testrig.StartBus(dir, false)
	if err != nil {
		return nil, err
	}
	atEnd = append([]func(){bus.Close}, atEnd...)
	return bus, startService(bus)
})

func withKeyring(t *testing.T) {
	t.Helper()
	testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon")
	bus, err := sharedBus()
	if err != nil {
		t.Fatalf("starting a bus with a keyring: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	if _, err := keyringNames(t.Context(), nil); OutcomeOf(err) == Unavailable {
		t.Log("the keyring's daemon is gone; starting another")
		err = startService(bus)
		if err != nil {
			t.Fatalf("starting a keyring again: %v", err)
		}
	}
}

// sharedPass is a real pass store; the value is the folder that holds it.
var sharedPass = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wg-pass")
	if err != nil {
		return "", err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GNUPGHOME=" + filepath.Join(dir, "gpg")}
	atEnd = append(atEnd, func() {
		cmd := exec.Command("gpgconf", "--kill", "all")
		cmd.Env = env
		_ = cmd.Run()
		_ = os.RemoveAll(dir)
	})
	if err := os.Mkdir(filepath.Join(dir, "gpg"), 0o700); err != nil {
		return "", err
	}
	return dir, testrig.PassStore(env, "", "first", "x")
})

func withPass(t *testing.T) {
	t.Helper()
	testrig.Need(t, "pass", "gpg")
	dir, err := sharedPass()
	if err != nil {
		t.Fatalf("making a pass store: %v", err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("GNUPGHOME", filepath.Join(dir, "gpg"))
	t.Setenv("PASSWORD_STORE_DIR", filepath.Join(dir, ".password-store"))
}

// newResolver has a home of its own, and keeps what it says.
func newResolver(t *testing.T) (r *Resolver, said func() string) {
	var mu sync.Mutex
	var lines []string
	timeout := watchdog
	if onKeePass() { // which takes its time over large values on a busy machine
		timeout *= 3
	}
	r = &Resolver{Settings: Settings{Home: filepath.Join(t.TempDir(), "wg"), DefaultBackend: "keyring", AllowPlaintext: true, Timeout: timeout}}
	r.Say = func(line string) { mu.Lock(); defer mu.Unlock(); lines = append(lines, line) }
	return r, func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(lines, "\n") }
}
