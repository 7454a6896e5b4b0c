package resolve

import (
	"context"
	"errors"
	"strings"

	"github.com/godbus/dbus/v5"
)

func init() { keyringDirect = directGet }

// loginItems begins the path of every item in the collection that go-keyring
// prefers.
const loginItems = secretsPath + "/collection/login/"

// directGet reads an entry that is unlocked in the login collection with three
// calls where go-keyring makes seven: half of a start was waiting for those. ok is
// false where the entry is anything else; then go-keyring, which can have it
// unlocked, is to be asked.
func directGet(ctx context.Context, name string) (secret *Secret, ok bool, err error) {
	conn, err := sessionBus(ctx)
	if err != nil {
		return nil, false, err
	}
	service := conn.Object(secretsName, secretsPath)
	unlocked, _, err := searchItems(ctx, conn, map[string]string{"service": keyringService, "username": name})
	if err != nil || len(unlocked) == 0 || !strings.HasPrefix(string(unlocked[0]), loginItems) {
		return nil, false, err
	}
	var none dbus.Variant
	var session dbus.ObjectPath
	// Not before the search was answered: gnome-keyring can miss who is calling at the
	// first call of a connection, and at this one it aborts then.
	opening := service.CallWithContext(ctx, secretsService+".OpenSession", 0, "plain", dbus.MakeVariant(""))
	if err := opening.Store(&none, &session); err != nil {
		return nil, false, ended(busError(ctx, err))
	}
	var answer struct {
		Session     dbus.ObjectPath
		Parameters  []byte
		Value       []byte
		ContentType string
	}
	item := conn.Object(secretsName, unlocked[0])
	err = item.CallWithContext(ctx, secretsItem+".GetSecret", 0, session).Store(&answer)
	conn.Object(secretsName, session).Go("org.freedesktop.Secret.Session.Close", dbus.FlagNoReplyExpected, nil)
	if err = busError(ctx, err); errors.Is(err, errLocked) || errors.Is(err, errGone) {
		return nil, false, nil // since the search
	}
	if err != nil {
		return nil, false, ended(err)
	}
	return NewSecret(answer.Value), true, nil
}
