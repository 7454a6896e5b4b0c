package resolve

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"

	"github.com/graphwork/wg-run/internal/hint"
)

func init() { keyringStore = storeItem }

// dbusSecret is the Secret of the Secret Service API.
type dbusSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// storeItem stores the secret in an entry of that name, or a new one. Unlike go-keyring
// it sets the secret of an entry that is there, where creating it once more has
// KeePassXC ask in a window, and tells text from bytes, which KeePassXC keeps
// apart.
func storeItem(ctx context.Context, name string, secret *Secret) error {
	conn, err := sessionBus(ctx)
	if err != nil {
		return err
	}
	collection, err := ourCollection(ctx, conn)
	if err != nil {
		return ended(err)
	}
	if collection == "" {
		return hint.Add(errAbsent, keyringUnlock)
	}
	session, err := openSession(ctx, conn)
	if err != nil {
		return err
	}
	defer closeSession(conn, session)
	value := dbusSecret{session, []byte{}, secret.Bytes(), contentType(secret.Bytes())}
	for again := 0; ; again++ {
		err = storeOnce(ctx, conn, collection, name, value)
		if again == 5 || !errors.Is(err, errGone) { // removed by another program in between
			break
		}
	}
	if errors.Is(err, errLocked) {
		return errNotUnlocked()
	}
	return ended(err)
}

func storeOnce(ctx context.Context, conn *dbus.Conn, collection dbus.ObjectPath, name string, value dbusSecret) error {
	attributes := map[string]string{"service": keyringService, "username": name}
	unlocked, _, err := searchItems(ctx, conn, attributes)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(unlocked, func(item dbus.ObjectPath) bool { return within(collection, item) })
	if i >= 0 {
		return busError(ctx, conn.Object(secretsName, unlocked[i]).CallWithContext(ctx, secretsItem+".SetSecret", 0, value).Err)
	}
	properties := map[string]dbus.Variant{
		secretsItem + ".Label":      dbus.MakeVariant("Password for '" + name + "' on '" + keyringService + "'"), // as go-keyring's
		secretsItem + ".Attributes": dbus.MakeVariant(attributes),
	}
	var item, prompt dbus.ObjectPath
	call := conn.Object(secretsName, collection).CallWithContext(ctx, secretsCollection+".CreateItem", 0, properties, value, true)
	if err := busError(ctx, call.Store(&item, &prompt)); err != nil || prompt == "/" {
		return err
	}
	return waitFor(ctx, conn, prompt)
}

func within(collection, item dbus.ObjectPath) bool {
	return strings.HasPrefix(string(item), string(collection)+"/")
}

// contentType is text for what a service may take for text and give back as it was:
// KeePassXC keeps anything else as an attachment.
func contentType(value []byte) string {
	if utf8.Valid(value) && bytes.IndexByte(value, 0) < 0 && !bytes.HasPrefix(value, []byte("\ufeff")) {
		return "text/plain; charset=utf8"
	}
	return "application/octet-stream"
}

// openSession opens one in which values go over the bus as they are.
func openSession(ctx context.Context, conn *dbus.Conn) (session dbus.ObjectPath, err error) {
	var none dbus.Variant
	call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsService+".OpenSession", 0, "plain", dbus.MakeVariant(""))
	err = ended(busError(ctx, call.Store(&none, &session)))
	return session, err
}

func closeSession(conn *dbus.Conn, session dbus.ObjectPath) {
	conn.Object(secretsName, session).Go("org.freedesktop.Secret.Session.Close", dbus.FlagNoReplyExpected, nil)
}
