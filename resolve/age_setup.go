package resolve

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/graphwork/wg-run/internal/safefile"
)

// Setup says how a store is to be made.
type Setup struct {
	// Identity is the path of an identity that exists: age's, or an ssh key. "" makes one.
	Identity string
	// PostQuantum makes a hybrid post-quantum identity.
	PostQuantum bool
	// Passphrase locks the identity that is made with a passphrase, which is asked for.
	Passphrase bool
}

// Asked reports whether anything but the default was asked for.
func (how Setup) Asked() bool { return how != Setup{} }

// setUpAge makes what is missing: the identity, recipients.txt, secrets.age. What is
// there is kept.
func setUpAge(ctx context.Context, s *Settings, how Setup) error {
	if _, err := agePath(s, ""); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Deadline())
	defer cancel()
	unlock, err := safefile.Lock(ctx, s.Home)
	if err != nil {
		return err
	}
	defer unlock()
	if err := setUpIdentity(ctx, s, how); err != nil {
		return fmt.Errorf("making the identity: %w", err)
	}
	keys, err := ageKeysOf(ctx, s)
	if err != nil {
		return err
	}
	_, err = readSealed(s)
	if errors.Is(err, ErrNotSetUp) || errors.Is(err, errStoreGone) {
		return setUpStore(ctx, s, keys)
	}
	if err != nil {
		return err
	}
	d, err := openAge(ctx, s)
	switch {
	case errors.Is(err, errWrongIdentity): // a store of other machines: Check tells what to do
		return nil
	case err != nil:
		return err
	}
	return setUpRecipients(s, d)
}

// setUpRecipients writes a recipients.txt that is missing: a run was ended before it
// did, or only secrets.age was copied.
func setUpRecipients(s *Settings, d *document) error {
	list, data, err := readRecipients(s)
	if err != nil || len(list) > 0 {
		return err
	}
	for _, text := range d.recipients {
		data = appendRecipient(data, "found in the store "+time.Now().Format(time.DateOnly), text)
	}
	path, err := agePath(s, recipientsFile)
	if err != nil {
		return err
	}
	return safefile.Write(path, data)
}

// newID is 128 random bits.
func newID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return base64.RawStdEncoding.EncodeToString(id)
}

// setUpStore makes an empty store for the identity that is used here, and for nobody
// else: others are confirmed one by one.
func setUpStore(ctx context.Context, s *Settings, keys *ageKeys) error {
	own := keys.own()
	if len(own) == 0 {
		return fmt.Errorf("making the store for the identity %s: %w", keys.from, errNoOwn(keys))
	}
	d := &document{entries: map[string][]byte{}, recipients: own[:1], id: newID()}
	file, data, err := readRecipients(s)
	if err != nil {
		return err
	}
	before := bytes.Clone(data)
	for _, text := range texts(file) {
		if slices.Contains(own, text) {
			d.recipients = []string{text}
		}
	}
	if !slices.Contains(texts(file), d.recipients[0]) {
		data = appendRecipient(data, thisMachine(), d.recipients[0])
	}
	if err := writeRecipients(ctx, s, d, before, data); err != nil {
		return fmt.Errorf("making the store: %w", err)
	}
	return nil
}
