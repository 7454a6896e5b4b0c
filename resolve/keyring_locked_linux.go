package resolve

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

func init() {
	keyringLook = func(ctx context.Context) error {
		conn, err := sessionBus(ctx)
		if err != nil {
			return err
		}
		return searchable(ctx, conn)
	}
}

// sessionCollection is one that gnome-keyring always has, and KeePassXC has not.
const sessionCollection = secretsPath + "/collection/session"

// searchable returns ErrLocked where a search would ask somebody to unlock the keyring,
// and would not end before: KeePassXC does so, though the API says that searching
// asks nobody, and shows nothing while it is locked.
func searchable(ctx context.Context, conn *dbus.Conn) error {
	var all []dbus.ObjectPath
	if err := property(ctx, conn.Object(secretsName, secretsPath), secretsService, "Collections", &all); err != nil {
		return err
	}
	if slices.Contains(all, sessionCollection) {
		return nil
	}
	state, err := stateOfCollection(ctx, conn)
	if err != nil || !state.Locked || state.Missing {
		return err
	}
	collection, err := ourCollection(ctx, conn)
	if err != nil {
		return err
	}
	return hint.Add(fmt.Errorf("the keyring is %w", ErrLocked), unlockHint(collection))
}

// unlockHint is how to unlock a collection: gnome-keyring's is login, KeePassXC's is
// called as its file.
func unlockHint(collection dbus.ObjectPath) string {
	name := path.Base(string(collection))
	if name == "login" || name == "." {
		return keyringUnlock
	}
	return "unlock '" + names.Printable(name) + "' in the program that keeps it, such as KeePassXC"
}

// lookingBack bounds what is found out once a deadline has come.
const lookingBack = 200 * time.Millisecond

// whyUnanswered says that a search waited for somebody to unlock the keyring, if it did.
func whyUnanswered(ctx context.Context, conn *dbus.Conn, err error) error {
	if !errors.Is(err, ErrTimeout) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookingBack)
	defer cancel()
	if locked := searchable(ctx, conn); errors.Is(locked, ErrLocked) {
		return hint.Add(fmt.Errorf("waiting for the keyring to be unlocked: %w", ErrTimeout), hint.Of(locked))
	}
	return err
}
