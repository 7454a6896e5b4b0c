package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// writeAge encrypts d to its recipients and replaces the store, once it is sure that
// the identity that is used here opens what it writes.
func writeAge(ctx context.Context, s *Settings, d *document) error {
	sealed, err := sealedFor(ctx, s, d)
	if err != nil {
		return err
	}
	path, err := agePath(s, storeFileName)
	if err != nil {
		return err
	}
	now, err := readSealed(s) // git takes no lock
	if d.from == nil && (errors.Is(err, ErrNotSetUp) || errors.Is(err, errStoreGone)) {
		err = nil
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(now, d.from) {
		return hint.Add(errors.New("secrets.age was changed meanwhile, by git perhaps; nothing was written"), "run it again")
	}
	if err := safefile.Write(path, sealed); err != nil {
		return err
	}
	testOnlyLose()
	again, err := readSealed(s)
	if err == nil && !bytes.Equal(again, sealed) {
		err = errors.New("what was read back is not what was written")
	}
	return err
}

// sealedFor encrypts d to its recipients and has decrypted it again.
func sealedFor(ctx context.Context, s *Settings, d *document) ([]byte, error) {
	plain, err := d.encode()
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	sealed, err := sealTo(ctx, s, plain, d.recipients)
	if err != nil {
		return nil, fmt.Errorf("encrypting secrets.age: %w", err)
	}
	again, err := unsealStore(ctx, s, sealed)
	switch {
	case errors.Is(err, errWrongIdentity):
		return nil, hint.Add(errLockout, "do it on another machine that is a recipient")
	case err != nil:
		return nil, fmt.Errorf("reading what was encrypted: %w", err)
	case !again.same(d):
		return nil, errNotTheSame
	}
	return sealed, nil
}

// errLockout: the identity that is used here would not open the store any more.
var errLockout = errors.New("this machine could not read the store any more; nothing was changed")

// sealTo encrypts to the recipients: here, or by the age program if one of them is
// an ssh key.
func sealTo(ctx context.Context, s *Settings, plain []byte, to []string) ([]byte, error) {
	var natives []age.Recipient
	slow, ui := false, &pluginUI{s: s, ctx: ctx}
	for _, text := range to {
		r, err := parseRecipient(text)
		if err != nil {
			return nil, hint.Add(fmt.Errorf("the recipient %.40s: %w", names.Printable(text), err), "wg-run secret recipients list; rm takes out all that are none in one go")
		}
		if r.program {
			return sealByProgram(ctx, s, plain, to)
		}
		native, err := r.native(ui)
		if err != nil {
			return nil, errNoRecipient
		}
		_, isPlugin := native.(*pluginRecipient)
		slow = slow || isPlugin
		natives = append(natives, native)
	}
	if len(natives) == 0 {
		return nil, hint.Add(errors.New("there is no recipient"), "wg-run secret recipients add RECIPIENT")
	}
	if !slow {
		return sealNative(plain, natives)
	}
	return byPlugins(ctx, s, ui, func() ([]byte, error) { return sealNative(plain, natives) })
}

// sealNative is seal with an error that a person can act on.
func sealNative(plain []byte, to []age.Recipient) ([]byte, error) {
	out, err := seal(plain, to)
	if told, ok := errors.AsType[*identityError](err); ok {
		return nil, told
	}
	if err != nil && strings.Contains(err.Error(), "incompatible recipients") {
		return nil, errMixed()
	}
	return out, err
}

func errMixed() error {
	return hint.Add(errors.New("post-quantum recipients and others cannot be mixed in one file"),
		"docs/age.md, 'Change the identity', tells how to go from one kind to the other")
}
