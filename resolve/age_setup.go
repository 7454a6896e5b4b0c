package resolve

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
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

// setUpIdentity makes identity.txt, unless the identity is elsewhere or there.
func setUpIdentity(ctx context.Context, s *Settings, how Setup) error {
	path, err := agePath(s, "identity.txt")
	if err != nil {
		return err
	}
	there := "identity.txt is there"
	if os.Getenv(identityVariable) != "" {
		there = "$" + identityVariable + " names one"
	} else if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		there = ""
	} else if err != nil {
		return err
	}
	switch {
	case there != "" && how == (Setup{Identity: how.Identity}) && sameFile(path, how.Identity): // an earlier try
		return nil
	case there != "" && how.Asked():
		return hint.Add(errors.New(there+", and is not replaced: what is encrypted to it could not be read any more"),
			"without --identity, --post-quantum and --passphrase it is used as it is")
	case there != "":
		return nil
	case how.Identity != "":
		return linkIdentity(path, how.Identity)
	}
	return newIdentity(ctx, s, path, how)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// linkIdentity makes identity.txt a link to an identity that exists.
func linkIdentity(path, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	text, err := safefile.Read(to, safefile.Rule{Private: true, Max: maxIdentity})
	if err != nil {
		return err
	}
	defer clear(text)
	if !isSealed(text) {
		keys := &ageKeys{}
		if bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN ")) {
			keys.ssh = to
		}
		if err := keys.parse(text); err != nil {
			return err
		}
	}
	return os.Symlink(to, path)
}

// newIdentity writes an identity as age-keygen does, locked if that was asked for.
func newIdentity(ctx context.Context, s *Settings, path string, how Setup) error {
	var public, private string
	if how.PostQuantum {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return err
		}
		public, private = id.Recipient().String(), id.String()
	} else {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		public, private = id.Recipient().String(), id.String()
	}
	text := fmt.Appendf(nil, "# created: %s\n# public key: %s\n%s\n", time.Now().Format(time.RFC3339), public, private)
	defer clear(text)
	if how.Passphrase {
		passphrase, err := newPassphrase(ctx, s)
		if err != nil {
			return err
		}
		defer clear(passphrase)
		locked, err := lockIdentity(text, passphrase)
		if err != nil {
			return err
		}
		keys := &ageKeys{from: "identity.txt"}
		if err := keys.parse(text); err != nil {
			return err
		}
		s.ageMemory().keys = keys // nobody is asked a third time
		text = locked
	}
	if err := safefile.Write(path, text); err != nil {
		return err
	}
	s.say("made the identity %s; its recipient is %s", path, public)
	s.say("hint: back it up, and its passphrase if it has one, where secrets.age is not: without it the secrets are lost; never commit it")
	return nil
}

func lockIdentity(text, passphrase []byte) ([]byte, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	return seal(text, []age.Recipient{to})
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
		return hint.Add(errors.New("making the store: the recipient of this identity is not known"),
			"write it into the identity's file, as a comment '# public key: age1…', or beside an ssh key: ssh-keygen -y -f KEY >KEY.pub")
	}
	d := &document{map[string][]byte{}, own[:1], newID(), ""}
	file, data, err := readRecipients(s)
	if err != nil {
		return err
	}
	for _, text := range texts(file) {
		if slices.Contains(own, text) {
			d.recipients = []string{text}
		}
	}
	if !slices.Contains(texts(file), d.recipients[0]) {
		data = appendRecipient(data, thisMachine(), d.recipients[0])
	}
	if err := writeRecipients(ctx, s, d, data); err != nil {
		return fmt.Errorf("making the store: %w", err)
	}
	return nil
}
