package resolve

import (
	"context"
	"errors"
	"strings"
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
	unlocked, _, err := searchItems(ctx, conn, map[string]string{"service": keyringService, "username": name})
	if err != nil || len(unlocked) == 0 || !strings.HasPrefix(string(unlocked[0]), loginItems) {
		return nil, false, err
	}
	// Not before the search was answered: gnome-keyring can miss who is calling at the
	// first call of a connection, and at this one it aborts then.
	session, err := openSession(ctx, conn)
	if err != nil {
		return nil, false, err
	}
	defer closeSession(conn, session)
	var answer dbusSecret
	item := conn.Object(secretsName, unlocked[0])
	err = item.CallWithContext(ctx, secretsItem+".GetSecret", 0, session).Store(&answer)
	if err = busError(ctx, err); errors.Is(err, errLocked) || errors.Is(err, errGone) {
		return nil, false, nil // since the search
	}
	if err != nil {
		return nil, false, ended(err)
	}
	return NewSecret(answer.Value), true, nil
}
