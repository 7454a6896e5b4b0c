//go:build unix

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/testrig"
)

func TestMain(m *testing.M) { testrig.Main(m) }

// TestScript runs the command-line tests: what a user types and sees. Each
// starts in a folder of its own, with an empty HOME and no session bus.
func TestScript(t *testing.T) {
	testrig.Need(t, "dbus-daemon", "gnome-keyring-daemon", "pass", "gpg", "secret-tool", "strace", "setpriv", "tmux", "dash", "zsh", "fish",
		"Xvfb", "xdotool", "gcr-viewer", // the last comes with gcr-prompter
		"keepassxc", "keepassxc-cli", "systemd-creds", "etcd", "etcdctl", "age", "ssh-keygen", "git")
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "givesaway": // files that run as somebody else
				status, err := os.ReadFile("/proc/self/status")
				return os.Geteuid() == 0 && err == nil && !strings.Contains(string(status), "NoNewPrivs:\t1"), nil
			case "isolates":
				return inject.CanIsolate() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			if err := closeToOthers(home); err != nil {
				return err
			}
			env.Setenv("HOME", home)
			env.Setenv("GNUPGHOME", filepath.Join(home, ".gnupg"))
			docs, err := filepath.Abs("docs")
			if err != nil {
				return err
			}
			env.Setenv("DOCS", docs)
			env.Setenv("XDG_RUNTIME_DIR", filepath.Join(env.WorkDir, "run")) // nobody else's brokers
			env.Setenv("WG", filepath.Join(home, ".wg"))
			env.Setenv("PATH", filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(env.WorkDir, "no-bus"))
			return nil
		},
		Cmds: testrig.Commands(),
	})
}

// closeToOthers makes home, or takes from others what the umask left them on it.
func closeToOthers(home string) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	return filepath.WalkDir(home, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		return os.Chmod(path, fi.Mode().Perm()&^0o022)
	})
}
