//go:build unix

package testrig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

const (
	keepassPassword   = "password of the database"
	keepassCollection = "/org/freedesktop/secrets/collection/"
)

// keepassXML is a database whose one group is exposed as a collection.
const keepassXML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile>
<Meta><Generator>KeePassXC</Generator><RecycleBinEnabled>False</RecycleBinEnabled>
<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00010203-0405-0607-0809-0a0b0c0d0e0f}</Value></Item></CustomData></Meta>
<Root><Group><UUID>AAECAwQFBgcICQoLDA0ODw==</UUID><Name>wg</Name></Group></Root>
</KeePassFile>
`

// keepassConfig has the Secret Service on, and asks nobody whether a program may.
// Nor does it save by itself: 2.7.4 was seen to crash where an entry is changed
// while another thread of its saves.
const keepassConfig = `[General]
ConfigVersion=2
UpdateCheckMessageShown=true
AutoSaveAfterEveryChange=false
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmDeleteItem=false
ConfirmAccessItem=false
`

// KeePass is a KeePassXC that serves one database of its own, NAME.kdbx, as the
// collection NAME.
type KeePass struct {
	bus  *Bus
	file string
	name string
}

// NewKeePass makes the database.
func (b *Bus) NewKeePass(name string) (*KeePass, error) {
	k := &KeePass{b, filepath.Join(b.dir, name+".kdbx"), name}
	xml := filepath.Join(b.dir, name+".xml")
	for path, text := range map[string]string{xml: keepassXML, filepath.Join(b.dir, "keepassxc.ini"): keepassConfig} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(k.file); err == nil { // once more, after it ended
		return k, nil
	}
	// 100 ms is the least that it takes for making a key.
	cmd := exec.Command("keepassxc-cli", "import", "--quiet", "--set-password", "--decryption-time", "100", xml, k.file)
	cmd.Env, cmd.Stdin = b.headless(), strings.NewReader(strings.Repeat(keepassPassword+"\n", 2))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("keepassxc-cli import: %w: %s", err, out)
	}
	return k, nil
}

// headless is the environment for Qt without a display.
func (b *Bus) headless() []string {
	return append(b.Env, "QT_QPA_PLATFORM=offscreen", "TMPDIR="+b.dir, "XDG_CONFIG_HOME="+filepath.Join(b.dir, "xdg-config"))
}

// Start starts KeePassXC and returns once the collection is unlocked; or, with locked,
// once it is there and locked. Its window is nowhere: nobody can unlock it.
func (k *KeePass) Start(locked bool) error {
	b := k.bus
	args := []string{"--config", filepath.Join(b.dir, "keepassxc.ini"), "--localconfig", filepath.Join(b.dir, "keepassxc-local.ini")}
	password := ""
	if !locked {
		args, password = append(args, "--pw-stdin"), keepassPassword+"\n"
	}
	b.keyring = b.command("keepassxc", append(args, k.file)...)
	b.keyring.Env, b.keyring.Stdin = b.headless(), strings.NewReader(password)
	if err := b.keyring.Start(); err != nil {
		return err
	}
	if err := b.waitOwner(secretsName, true); err != nil {
		return err
	}
	return b.waitLocked(keepassCollection+dbus.ObjectPath(k.name), locked)
}

// Lock locks the database.
func (k *KeePass) Lock() error {
	path := keepassCollection + dbus.ObjectPath(k.name)
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := k.bus.conn.Object(secretsName, oddBase).Call(secretAPI+"Service.Lock", 0, []dbus.ObjectPath{path}).Store(&done, &prompt); err != nil {
		return err
	}
	if prompt != "/" {
		if err := k.bus.conn.Object(secretsName, prompt).Call(secretAPI+"Prompt.Prompt", 0, "").Err; err != nil {
			return err
		}
	}
	return k.bus.waitLocked(path, true)
}

// waitLocked returns once the collection is there and is locked, or is not. No
// search: KeePassXC answers one with a window for as long as it is locked.
func (b *Bus) waitLocked(path dbus.ObjectPath, want bool) error {
	signals := make(chan *dbus.Signal, 64)
	b.conn.Signal(signals)
	defer b.conn.RemoveSignal(signals)
	if err := b.conn.AddMatchSignal(dbus.WithMatchSender(secretsName), dbus.WithMatchInterface(secretAPI+"Service")); err != nil {
		return err
	}
	for {
		var locked bool
		err := b.conn.Object(secretsName, path).StoreProperty(secretAPI+"Collection.Locked", &locked)
		if err == nil && locked == want {
			return nil
		}
		<-signals
	}
}
