//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// value is the secret that every command hands over.
const value = "sk-bench-0123456789abcdef0123456789abcdef"

// world is the temporary folder and the environment of all commands.
type world struct {
	dir string
	env []string
}

func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}
func (w *world) bin(name string) string { return w.path("bin", name) }

func newWorld(dir string) (*world, error) {
	w := &world{dir: dir}
	w.env = environ(w)
	if err := os.MkdirAll(w.path("wg", "profiles"), 0o700); err != nil {
		return nil, err
	}
	files := map[string]string{
		"value":                    value + "\n",
		"wg/config.toml":           "[secrets]\nallow_plaintext = true\n",
		"wg/secrets.toml":          "version = 1\n\n[secrets]\nbench = \"" + value + "\"\n",
		"wg/profiles/bench.toml":   "api_key_ref = \"plaintext:bench\"\n",
		"wg/profiles/age.toml":     "api_key_ref = \"age:bench\"\n",
		"wg/profiles/keyring.toml": "api_key_ref = \"keyring:bench\"\n",
	}
	for name, text := range files {
		if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// environ is that of a person in a terminal of a desktop, always the same: what
// wg-run does for every variable is part of what is measured.
func environ(w *world) []string {
	return []string{
		"SHELL=/bin/bash", "SESSION_MANAGER=local/host:@/tmp/.ICE-unix/1873,unix/host:/tmp/.ICE-unix/1873",
		"COLORTERM=truecolor", "XDG_CONFIG_DIRS=/etc/xdg/xdg-gnome:/etc/xdg", "SSH_AGENT_LAUNCHER=gnome-keyring",
		"XDG_MENU_PREFIX=gnome-", "GNOME_DESKTOP_SESSION_ID=this-is-deprecated", "LANGUAGE=en_GB:en",
		"LC_TIME=en_GB.UTF-8", "EDITOR=vim", "PAGER=less", "LESS=-R", "LANG=en_GB.UTF-8",
		"SSH_AUTH_SOCK=" + w.path("run", "ssh"), "PWD=" + w.dir, "LOGNAME=user", "XDG_SESSION_DESKTOP=gnome",
		"XDG_SESSION_TYPE=wayland", "HOME=" + w.path("home"), "USERNAME=user", "DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0",
		"LS_COLORS=" + strings.Repeat("*.tar=01;31:*.jpg=01;35:*.flac=00;36:", 40),
		"XDG_CURRENT_DESKTOP=GNOME", "VTE_VERSION=7006", "TERM=xterm-256color", "USER=user", "SHLVL=1",
		"XDG_RUNTIME_DIR=" + w.path("run"), "XDG_DATA_HOME=" + w.path("data"),
		"XDG_DATA_DIRS=/usr/share/gnome:/usr/local/share/:/usr/share/",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"DBUS_SESSION_BUS_ADDRESS=" + os.Getenv("DBUS_SESSION_BUS_ADDRESS"),
		"WG_HOME=" + w.path("wg"), "_=/usr/bin/env",
	}
}

// storeInAge makes an age store with an identity of its own, and stores the value.
func (w *world) storeInAge() error {
	for _, args := range [][]string{{"secret", "backend", "set", "age"}, {"secret", "set", "bench", "--from-stdin"}} {
		cmd := exec.Command(w.bin("wg-run"), args...)
		cmd.Env, cmd.Dir, cmd.Stdin = w.env, w.dir, strings.NewReader(value)
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("making an age store: %w: %s", err, said)
		}
	}
	return nil
}

// storeInKeyring stores the value on the private bus. The daemon may not have
// taken its name there yet, so it tries for a while.
func (w *world) storeInKeyring() error {
	const tries, pause = 50, 100 * time.Millisecond
	var err error
	for range tries {
		cmd := exec.Command(w.bin("wg-run"), "secret", "set", "bench", "--backend", "keyring", "--from-stdin")
		cmd.Env, cmd.Dir, cmd.Stdin = w.env, w.dir, strings.NewReader(value)
		var said []byte
		if said, err = cmd.CombinedOutput(); err == nil {
			return nil
		}
		first, _, _ := strings.Cut(string(said), "\n")
		err = &storeError{first}
		time.Sleep(pause)
	}
	return err
}

// storeError is why the keyring took nothing, in wg-run's words.
type storeError struct{ said string }

func (e *storeError) Error() string { return "storing a value in a private gnome-keyring: " + e.said }
