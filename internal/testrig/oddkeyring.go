//go:build unix

package testrig

import (
	"fmt"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// The objects of the stand-in.
const (
	oddBase   = "/org/freedesktop/secrets"
	oddLogin  = oddBase + "/collection/login"
	oddOther  = oddBase + "/collection/other"
	oddPrompt = oddBase + "/prompt/1"
	secretAPI = "org.freedesktop.Secret."
)

// oddities are the ways in which the stand-in for a Secret Service is odd. It holds
// one entry, service wg, user k.
var oddities = map[string]struct {
	in             string // the collection that holds the entry
	entryUnlocked  bool
	login          bool // login is locked
	hidden         bool // nothing is shown while locked, as by KeePassXC
	endsAt         string
	neverCompletes bool
	dismissed      bool
}{
	"entry locked elsewhere":   {in: oddOther},
	"entry unlocked elsewhere": {in: oddOther, entryUnlocked: true, login: true, neverCompletes: true},
	"unlock lies":              {in: oddLogin, login: true},
	"unlock lies, hidden":      {in: oddLogin, login: true, hidden: true},
	"ends at Unlock":           {in: oddLogin, login: true, endsAt: "Unlock"},
	"ends at OpenSession":      {in: oddLogin, entryUnlocked: true, endsAt: "OpenSession"},
	"removal dismissed":        {in: oddLogin, entryUnlocked: true, dismissed: true},
}

// OddKeyring is a stand-in for a Secret Service that misbehaves in one way.
type OddKeyring struct {
	conn *dbus.Conn
	how  string
}

// StartOddKeyring puts the stand-in on the bus.
func (b *Bus) StartOddKeyring(how string) error {
	if _, ok := oddities[how]; !ok {
		return fmt.Errorf("no such oddity: %s", how)
	}
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	if b.prompter != nil {
		_ = b.prompter.Close()
	}
	b.prompter = conn
	k := &OddKeyring{conn, how}
	if err := k.export(); err != nil {
		return err
	}
	reply, err := conn.RequestName(secretsName, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("%s is taken", secretsName)
	}
	return err
}

// export makes the objects: a service, two collections, the entry, a prompt.
func (k *OddKeyring) export() error {
	odd := oddities[k.how]
	entry := dbus.ObjectPath(odd.in + "/1")
	for path, iface := range map[dbus.ObjectPath]string{oddBase: "Service", oddPrompt: "Prompt", entry: "Item", oddBase + "/session/1": "Session"} {
		if err := k.conn.Export(k, path, secretAPI+iface); err != nil {
			return err
		}
	}
	props := map[dbus.ObjectPath]prop.Map{
		oddBase: {secretAPI + "Service": {"Collections": {Value: []dbus.ObjectPath{oddLogin, oddOther}}}},
		entry:   {secretAPI + "Item": {"Attributes": {Value: map[string]string{"service": "wg", "username": "k"}}}},
	}
	for _, path := range []dbus.ObjectPath{oddLogin, oddOther} {
		items, found := []dbus.ObjectPath{}, []dbus.ObjectPath{}
		if string(path) == odd.in && !odd.hidden {
			items = append(items, entry)
		}
		if odd.entryUnlocked {
			found = items
		}
		if err := k.conn.ExportMethodTable(map[string]any{ // a collection has a search of its own
			"SearchItems": func(map[string]string) ([]dbus.ObjectPath, *dbus.Error) { return found, nil },
		}, path, secretAPI+"Collection"); err != nil {
			return err
		}
		locked := odd.login
		if path == oddOther {
			locked = !odd.entryUnlocked
		}
		props[path] = prop.Map{secretAPI + "Collection": {"Locked": {Value: locked}, "Items": {Value: items}}}
	}
	for path, p := range props {
		if _, err := prop.Export(k.conn, path, p); err != nil {
			return err
		}
	}
	return nil
}

func (k *OddKeyring) endsAt(call string) {
	if oddities[k.how].endsAt == call {
		_, _ = k.conn.ReleaseName(secretsName)
	}
}

// SearchItems is the Secret Service's D-Bus method.
func (k *OddKeyring) SearchItems(map[string]string) (unlocked, locked []dbus.ObjectPath, err *dbus.Error) {
	odd := oddities[k.how]
	entry := []dbus.ObjectPath{dbus.ObjectPath(odd.in + "/1")}
	switch {
	case odd.hidden:
		return []dbus.ObjectPath{}, []dbus.ObjectPath{}, nil
	case odd.entryUnlocked:
		return entry, []dbus.ObjectPath{}, nil
	}
	return []dbus.ObjectPath{}, entry, nil
}

// OpenSession is the Secret Service's D-Bus method.
func (k *OddKeyring) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	k.endsAt("OpenSession")
	return dbus.MakeVariant(""), oddBase + "/session/1", nil
}

// Unlock is the Secret Service's D-Bus method.
func (k *OddKeyring) Unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	k.endsAt("Unlock")
	if oddities[k.how].login {
		return []dbus.ObjectPath{}, oddPrompt, nil
	}
	return paths, "/", nil
}

// Prompt is the Secret Service's D-Bus method. It claims that all went well.
func (k *OddKeyring) Prompt(string) *dbus.Error {
	if odd := oddities[k.how]; !odd.neverCompletes {
		_ = k.conn.Emit(oddPrompt, secretAPI+"Prompt.Completed", odd.dismissed, dbus.MakeVariant([]dbus.ObjectPath{}))
	}
	return nil
}

// Delete is the Secret Service's D-Bus method: it wants to be confirmed.
func (k *OddKeyring) Delete() (dbus.ObjectPath, *dbus.Error) { return oddPrompt, nil }

// Close is the Secret Service's D-Bus method.
func (k *OddKeyring) Close() *dbus.Error { return nil }
