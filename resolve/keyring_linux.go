package resolve

import (
	"context"
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"

	"github.com/graphwork/wg-run/internal/names"
)

// The Secret Service API, https://specifications.freedesktop.org/secret-service/.
const (
	secretsName       = "org.freedesktop.secrets"
	secretsPath       = "/org/freedesktop/secrets"
	secretsService    = "org.freedesktop.Secret.Service"
	secretsCollection = "org.freedesktop.Secret.Collection"
	secretsItem       = "org.freedesktop.Secret.Item"
)

func init() {
	keyringProbe = probeSecretService
	keyringNames = secretServiceNames
	keyringForeign = func(err error) error {
		if e, ok := errors.AsType[dbus.Error](err); ok {
			return errors.New(names.Printable(e.Name))
		}
		return err
	}
	keyringGone = func(err error) bool {
		e, ok := errors.AsType[dbus.Error](err)
		return ok && condition(e.Name) == errGone
	}
	keyringUnlock = "log in to the desktop, or unlock the login keyring there: seahorse (headless: gnome-keyring-daemon --unlock; KeePassXC: in its window)"
}

// probeSecretService searches for the entry. The search itself is answered
// without a prompt and tells locked items from unlocked ones.
func probeSecretService(ctx context.Context, name string) (keyringState, error) {
	conn, err := sessionBus(ctx)
	if err != nil {
		return keyringState{}, err
	}
	if name == "" { // no entry of ours, but another program's may be called so
		return stateOfCollection(ctx, conn)
	}
	unlocked, locked, err := searchItems(ctx, conn, map[string]string{"service": keyringService, "username": name})
	if err != nil {
		return keyringState{}, err
	}
	if len(unlocked) > 0 { // in another collection it is not what go-keyring finds
		path, err := ourCollection(ctx, conn)
		if err != nil {
			return keyringState{}, ended(err)
		}
		if slices.ContainsFunc(unlocked, func(item dbus.ObjectPath) bool { return within(path, item) }) {
			return keyringState{}, nil
		}
	}
	if len(locked) > 0 {
		return keyringState{Locked: true}, nil
	}
	state, err := stateOfCollection(ctx, conn)
	return state, ended(err)
}

// stateOfCollection judges a search that found nothing. It is to be believed if
// the collection is unlocked, is not there, or shows its items while locked (as
// gnome-keyring's does; KeePassXC hides them, so nothing found means nothing).
func stateOfCollection(ctx context.Context, conn *dbus.Conn) (keyringState, error) {
	path, err := ourCollection(ctx, conn)
	if err != nil || path == "" {
		return keyringState{Missing: true, Absent: path == ""}, err
	}
	object := conn.Object(secretsName, path)
	var locked bool
	if err := property(ctx, object, secretsCollection, "Locked", &locked); err != nil {
		return keyringState{}, err
	}
	if !locked {
		return keyringState{Missing: true}, nil
	}
	var items []dbus.ObjectPath
	if err := property(ctx, object, secretsCollection, "Items", &items); err != nil {
		return keyringState{}, err
	}
	return keyringState{Missing: len(items) > 0, Locked: true}, nil
}

// ourCollection is the one that go-keyring uses: "login" if there is one, else
// the alias "default"; "" if there is neither.
func ourCollection(ctx context.Context, conn *dbus.Conn) (dbus.ObjectPath, error) {
	service := conn.Object(secretsName, secretsPath)
	var all []dbus.ObjectPath
	if err := property(ctx, service, secretsService, "Collections", &all); err != nil {
		return "", err
	}
	for _, path := range all {
		if path == secretsPath+"/collection/login" {
			return path, nil
		}
	}
	var path dbus.ObjectPath
	if err := service.CallWithContext(ctx, secretsService+".ReadAlias", 0, "default").Store(&path); err != nil {
		return "", busError(ctx, err)
	}
	if path == "/" {
		return "", nil
	}
	return path, nil
}

// secretServiceNames lists our entries, made by whatever program.
func secretServiceNames(ctx context.Context, _ *Settings) ([]string, error) {
	conn, err := sessionBus(ctx)
	if err != nil {
		return nil, err
	}
	if err := searchable(ctx, conn); err != nil {
		return nil, err
	}
	unlocked, locked, err := searchItems(ctx, conn, map[string]string{"service": keyringService})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var list []string
	for _, path := range append(unlocked, locked...) {
		var attributes map[string]string
		err := property(ctx, conn.Object(secretsName, path), secretsItem, "Attributes", &attributes)
		if errors.Is(err, errGone) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		if name := attributes["username"]; name != "" && !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list, nil
}

func searchItems(ctx context.Context, conn *dbus.Conn, want map[string]string) (unlocked, locked []dbus.ObjectPath, err error) {
	err = insisting(ctx, func() error {
		call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsService+".SearchItems", 0, want)
		return call.Store(&unlocked, &locked)
	})
	return unlocked, locked, whyUnanswered(ctx, conn, err)
}

// insisting makes a call again that was denied as unknown: gnome-keyring does so where it
// missed who is calling, which it can at the first call of a connection when many
// come at once (https://gitlab.gnome.org/GNOME/gnome-keyring/-/issues/190).
func insisting(ctx context.Context, call func() error) error {
	for again := 0; ; again++ {
		if err := busError(ctx, call()); again == 2 || !errors.Is(err, errGone) {
			return err
		}
	}
}

func property(ctx context.Context, o dbus.BusObject, iface, name string, to any) error {
	return insisting(ctx, func() error {
		var v dbus.Variant
		if err := o.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, iface, name).Store(&v); err != nil {
			return err
		}
		return v.Store(to)
	})
}
