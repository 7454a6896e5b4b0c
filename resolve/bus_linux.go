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
		return hint.Add(fmt.Errorf("the socket of the D-Bus session bus belongs to uid %d: refused", st.Uid),
			"unset DBUS_SESSION_BUS_ADDRESS")
	}
	return nil
}

func noBus(err error) error {
	return hint.Add(err, "on a desktop, log in there first")
}

// quiet is a condition that adds nothing to an error's text.
type quiet string

func (quiet) Error() string { return "" }

const (
	errGone   quiet = "the object is not there"
	errLocked quiet = "the item is locked"
	errOther  quiet = "something else"
)

// condition sorts the errors of the Secret Service API and of the bus.
func condition(name string) error {
	switch name {
	case "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownInterface", // KeePassXC's
		"org.freedesktop.Secret.Error.NoSuchObject":
		return errGone
	case "org.freedesktop.Secret.Error.IsLocked":
		return errLocked
	}
	return errOther
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
				"install and start one (gnome-keyring, KeePassXC, KWallet)")
		}
		return fmt.Errorf("asking the Secret Service: it answered %s%w", names.Printable(e.Name), condition(e.Name))
	}
	return fmt.Errorf("asking the Secret Service: %w", err)
}
