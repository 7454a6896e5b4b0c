package resolve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"

	"github.com/graphwork/wg-run/internal/hint"
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
	keyringUnlock = "log in to the desktop, or unlock the login keyring there: seahorse (headless: gnome-keyring-daemon --unlock)"
}

// probeSecretService searches for the entry. The search itself is answered
// without a prompt and tells locked items from unlocked ones.
func probeSecretService(ctx context.Context, name string) (keyringState, error) {
	conn, err := sessionBus(ctx)
	if err != nil {
		return keyringState{}, err
	}
	unlocked, locked, err := searchItems(ctx, conn, map[string]string{"service": keyringService, "username": name})
	switch {
	case err != nil:
		return keyringState{}, err
	case len(unlocked) > 0:
		return keyringState{}, nil
	case len(locked) > 0:
		return keyringState{Locked: true}, nil
	}
	return stateOfCollection(ctx, conn)
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
	unlocked, locked, err := searchItems(ctx, conn, map[string]string{"service": keyringService})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var list []string
	for _, path := range append(unlocked, locked...) {
		var attributes map[string]string
		if err := property(ctx, conn.Object(secretsName, path), secretsItem, "Attributes", &attributes); err != nil {
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
	call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsService+".SearchItems", 0, want)
	if err := call.Store(&unlocked, &locked); err != nil {
		return nil, nil, busError(ctx, err)
	}
	return unlocked, locked, nil
}

func property(ctx context.Context, o dbus.BusObject, iface, name string, to any) error {
	var v dbus.Variant
	err := o.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, iface, name).Store(&v)
	if err == nil {
		err = v.Store(to)
	}
	return busError(ctx, err)
}

// sessionBus returns the connection that go-keyring will use as well. It makes
// sure of an address first: without one the library executes dbus-launch.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	if err := ensureAddress(); err != nil {
		return nil, err
	}
	conn, err := fence(ctx, dbus.SessionBus)
	if err != nil {
		return nil, busError(ctx, err)
	}
	return conn, nil
}

func ensureAddress() error {
	a := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if strings.HasPrefix(a, "disabled:") {
		return noBus(fmt.Errorf("the D-Bus session bus is disabled: %w", ErrUnavailable))
	}
	if a != "" && !strings.HasPrefix(a, "autolaunch:") {
		return oursOrRoots(a)
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run/user/" + strconv.Itoa(os.Getuid())
	}
	socket := filepath.Join(dir, "bus")
	switch _, err := os.Stat(socket); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return noBus(fmt.Errorf("no D-Bus session bus: %w", ErrUnavailable))
	case err != nil:
		return fmt.Errorf("looking for the D-Bus session bus: %w", err)
	}
	// For this process alone: the worker's environment was taken before.
	return os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+dbus.EscapeBusAddressValue(socket))
}

// oursOrRoots refuses a socket of another user's: an address below /tmp that is
// no longer in use can be taken by anybody.
func oursOrRoots(address string) error {
	path, ok := strings.CutPrefix(address, "unix:path=")
	if path, _, _ = strings.Cut(path, ","); !ok || strings.ContainsAny(path, "%;") {
		return nil
	}
	var st syscall.Stat_t
	if syscall.Stat(path, &st) == nil && st.Uid != uint32(os.Getuid()) && st.Uid != 0 {
		return fmt.Errorf("the socket of the D-Bus session bus belongs to uid %d: refused", st.Uid)
	}
	return nil
}

func noBus(err error) error {
	return hint.Add(err, "on a desktop, log in there first; without one, use another backend: wg-run secret set --help")
}

// busError sorts what a bus or the service answered.
func busError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return hint.Add(fmt.Errorf("asking the Secret Service: %w", timedOut(ctx)),
			"is the keyring's daemon stopped, or waiting for a prompt? see: busctl --user status "+secretsName)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return noBus(fmt.Errorf("the D-Bus session bus is not running: %w", ErrUnavailable))
	}
	if e, ok := errors.AsType[dbus.Error](err); ok {
		switch e.Name {
		case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner":
			return hint.Add(fmt.Errorf("no Secret Service on this bus: %w", ErrUnavailable),
				"install and start one (gnome-keyring, KeePassXC, KWallet), or use another backend")
		}
		return fmt.Errorf("asking the Secret Service: it answered %s", names.Printable(e.Name))
	}
	return fmt.Errorf("asking the Secret Service: %w", err)
}
