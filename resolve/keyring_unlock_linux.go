package resolve

import (
	"context"
	"errors"

	"github.com/godbus/dbus/v5"

	"github.com/graphwork/wg-run/internal/hint"
)

const secretsPrompt = "org.freedesktop.Secret.Prompt"

func init() { keyringOpen = unlockCollection }

// unlockCollection has the collection unlocked and waits for the person. Unlike
// go-keyring it does not wait for a daemon that has ended.
func unlockCollection(ctx context.Context) error {
	conn, err := sessionBus(ctx)
	if err != nil {
		return err
	}
	path, err := ourCollection(ctx, conn)
	if err != nil || path == "" { // what is locked stands elsewhere; go-keyring has its own words for it
		return err
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsService+".Unlock", 0, []dbus.ObjectPath{path})
	if err := call.Store(&unlocked, &prompt); err != nil {
		return ended(busError(ctx, err))
	}
	if prompt != "/" {
		if err := waitFor(ctx, conn, prompt); err != nil {
			return ended(err)
		}
	}
	var locked bool
	err = property(ctx, conn.Object(secretsName, path), secretsCollection, "Locked", &locked)
	if err == nil && locked { // whatever was answered
		err = errNotUnlocked()
	}
	return ended(err)
}

// waitFor shows the prompt and waits until it is completed, or its daemon ends.
func waitFor(ctx context.Context, conn *dbus.Conn, prompt dbus.ObjectPath) error {
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	defer conn.RemoveSignal(signals)
	completed := []dbus.MatchOption{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(secretsPrompt)}
	gone := []dbus.MatchOption{dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)}
	for _, match := range [][]dbus.MatchOption{completed, gone} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return busError(ctx, err)
		}
		defer func() { _ = conn.RemoveMatchSignalContext(ctx, match...) }()
	}
	window := conn.Object(secretsName, prompt)
	if err := window.CallWithContext(ctx, secretsPrompt+".Prompt", 0, "").Err; err != nil {
		return busError(ctx, err)
	}
	for {
		select {
		case s, ok := <-signals:
			switch {
			case !ok:
				return errors.New("its connection broke down")
			case s.Name == "org.freedesktop.DBus.NameOwnerChanged" && len(s.Body) > 0 && s.Body[0] == secretsName:
				return hint.Add(errors.New("the keyring's daemon ended while it was to be unlocked"), keyringUnlock)
			case s.Name == secretsPrompt+".Completed" && s.Path == prompt && len(s.Body) > 0 && s.Body[0] == true: // dismissed
				return errNotUnlocked()
			case s.Name == secretsPrompt+".Completed" && s.Path == prompt:
				return nil
			}
		case <-ctx.Done():
			// No Dismiss: it brings gnome-keyring 42.1 down (gkd-secret-unlock.c:243).
			return unanswered(timedOut(ctx))
		}
	}
}
