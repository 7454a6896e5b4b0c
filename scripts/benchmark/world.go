//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// value is the secret that every command hands over.
const value = "sk-bench-0123456789abcdef0123456789abcdef"

// Homes, each a ~/.wg of its own.
const (
	mainHome   = "wg"
	lockedHome = "locked" // its identity has a passphrase
	manyHome   = "many"   // its profiles are many
)

// world is the temporary folder and the environment of all commands.
type world struct {
	dir string
	env []string
}

func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}
func (w *world) bin(name string) string { return w.path("bin", name) }

func newWorld(dir string) *world {
	w := &world{dir: dir}
	w.env = environ(w)
	return w
}

// at is the world with another home.
func (w *world) at(home string) *world {
	return &world{w.dir, append(w.env[:len(w.env):len(w.env)], "WG_HOME="+w.path(home))}
}

// belowBroker is the environment with what a dispatcher hands on.
func (w *world) belowBroker() []string {
	return append(w.env[:len(w.env):len(w.env)], brokerVariable+"="+os.Getenv(brokerVariable))
}

func (w *world) makeFiles(secrets int) error {
	files := map[string]string{
		"value":                    value + "\n",
		"envdir/KEY":               value + "\n",
		"wg/config.toml":           "[secrets]\nallow_plaintext = true\n",
		"wg/secrets.toml":          "version = 1\n\n[secrets]\nbench = \"" + value + "\"\n",
		"wg/profiles/bench.toml":   "api_key_ref = \"plaintext:bench\"\n",
		"wg/profiles/age.toml":     "api_key_ref = \"age:bench\"\n",
		"wg/profiles/keyring.toml": "api_key_ref = \"keyring:bench\"\n",
		"wg/profiles/pass.toml":    "api_key_ref = \"pass:bench\"\n",
		"locked/profiles/age.toml": "api_key_ref = \"age:bench\"\n",
		"many/config.toml":         "[secrets]\nallow_plaintext = true\n",
	}
	store := "version = 1\n\n[secrets]\n"
	for i := range secrets {
		name := manyName(i)
		store += fmt.Sprintf("%s = \"%s-%s\"\n", name, value, name)
		files["many/profiles/"+name+".toml"] = fmt.Sprintf("api_key_ref = \"plaintext:%s\"\n", name)
	}
	files["many/secrets.toml"] = store
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// manyName is the name of a secret in manyHome, and of the profile that wants it.
func manyName(i int) string { return fmt.Sprintf("s%04d", i+1) }

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
		"GNUPGHOME=" + w.path("gpg"), "_=/usr/bin/env",
	}
}
