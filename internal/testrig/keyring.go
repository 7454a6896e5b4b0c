//go:build unix

package testrig

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"
)

const (
	secretsName  = "org.freedesktop.secrets"
	prompterName = "org.gnome.keyring.SystemPrompter"
)

// StartKeyring starts a gnome-keyring whose login collection is unlocked.
func (b *Bus) StartKeyring() error {
	b.keyring = b.command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	b.keyring.Stdin = strings.NewReader("password of the login keyring")
	if err := b.keyring.Start(); err != nil {
		return err
	}
	return b.waitOwner(secretsName, true)
}

// LockKeyring locks the login collection.
func (b *Bus) LockKeyring() error {
	return b.conn.Object(secretsName, "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.Lock", 0,
		[]dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}).Err
}

// SignalKeyring sends a signal to the daemon; after SIGKILL it is waited for.
func (b *Bus) SignalKeyring(s syscall.Signal) error {
	if err := b.keyring.Process.Signal(s); err != nil || s != syscall.SIGKILL {
		return err
	}
	_ = b.keyring.Wait()
	return nil
}

// Prompter is a stand-in for gcr-prompter: it takes a prompt and never answers,
// as a person who is not there.
type Prompter struct {
	// Asked gets a value for every prompt that was begun.
	Asked chan struct{}
}

// StartPrompter puts the stand-in on the bus.
func (b *Bus) StartPrompter() (*Prompter, error) {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return nil, err
	}
	b.prompter = conn
	p := &Prompter{Asked: make(chan struct{}, 16)}
	err = conn.Export(p, "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter")
	if err != nil {
		return nil, err
	}
	reply, err := conn.RequestName(prompterName, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("%s is taken", prompterName)
	}
	return p, err
}

// BeginPrompting is gcr's D-Bus method.
func (p *Prompter) BeginPrompting(dbus.ObjectPath) *dbus.Error {
	p.Asked <- struct{}{}
	return nil
}

// StopPrompting is gcr's D-Bus method.
func (p *Prompter) StopPrompting(dbus.ObjectPath) *dbus.Error { return nil }

// PassStore makes a gpg key, with a passphrase unless it is "", and a pass store in
// home, and inserts an entry. The caller's HOME and GNUPGHOME are to be set alike.
func PassStore(env []string, passphrase, entry, value string) error {
	for _, step := range []struct {
		stdin string
		argv  []string
	}{
		{"", []string{"gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--quick-generate-key", "wg-run test <test@example.org>", "default", "default", "never"}},
		{"", []string{"pass", "init", "test@example.org"}},
		{value, []string{"pass", "insert", "--multiline", "--force", entry}},
		{"", []string{"gpgconf", "--kill", "gpg-agent"}}, // which knows the passphrase
	} {
		cmd := exec.Command(step.argv[0], step.argv[1:]...)
		cmd.Env, cmd.Stdin = env, strings.NewReader(step.stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", step.argv[0], err, out)
		}
	}
	return nil
}
