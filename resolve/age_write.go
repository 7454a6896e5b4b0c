package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// writeAge encrypts d to its recipients and replaces the store, once it is sure that
// the identity that is used here opens what it writes.
func writeAge(ctx context.Context, s *Settings, d *document) error {
	sealed, err := sealedFor(ctx, s, d)
	if err != nil {
		return err
	}
	path, err := agePath(s, "secrets.age")
	if err != nil {
		return err
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
		return nil, ErrLockout
	case err != nil:
		return nil, fmt.Errorf("reading what was encrypted: %w", err)
	case !again.same(d):
		return nil, errNotTheSame
	}
	return sealed, nil
}

// ErrLockout: the identity that is used here would not open the store any more.
var ErrLockout = errors.New("this machine could not read the store any more; nothing was changed")

// sealTo encrypts to the recipients: here, or by the age program if one of them is
// an ssh key.
func sealTo(ctx context.Context, s *Settings, plain []byte, to []string) ([]byte, error) {
	var natives []age.Recipient
	slow, ui := false, &pluginUI{s: s, ctx: ctx}
	for _, text := range to {
		r, err := parseRecipient(text)
		if err != nil {
			return nil, err
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
	if err != nil && strings.Contains(err.Error(), "incompatible recipients") {
		return nil, errMixed()
	}
	return out, err
}

func errMixed() error {
	return hint.Add(errors.New("post-quantum recipients and others cannot be mixed in one file"),
		"have each machine use the same kind: wg-run secret backend set age --post-quantum")
}
