package resolve

import (
	"bytes"
	"context"
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

// setUpIdentity makes identity.txt, unless the identity is elsewhere or there.
func setUpIdentity(ctx context.Context, s *Settings, how Setup) error {
	path, err := agePath(s, identityFileName)
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
	if how.Identity != "" && (how.PostQuantum || how.Passphrase) {
		return errors.New("an identity that exists is used as it is: the other flags are for one that is made")
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
	if !how.PostQuantum && isPostQuantum(s) { // the kinds cannot be mixed
		s.say("the store is post-quantum, and so is the identity that is made")
		how.PostQuantum = true
	}
	return newIdentity(ctx, s, path, how)
}

// isPostQuantum reports whether there is a store, and post-quantum.
func isPostQuantum(s *Settings) bool {
	sealed, err := readSealed(s)
	if err != nil {
		return false
	}
	binary, err := unarmored(sealed)
	if err != nil {
		return false
	}
	_, err = age.Decrypt(bytes.NewReader(binary), noIdentity{})
	kinds, ok := errors.AsType[*age.NoIdentityMatchError](err)
	return ok && slices.Contains(kinds.StanzaTypes, "mlkem768x25519")
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// linkIdentity makes identity.txt a link to an identity that exists, once it is clear
// that it is one that can be used.
func linkIdentity(path, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	text, err := safefile.Read(to, safefile.Rule{Foreign: true, Max: maxIdentity})
	if err != nil {
		return fmt.Errorf("reading the identity: %w", err)
	}
	defer clear(text)
	if !isSealed(text) { // else it is seen once it is unlocked
		keys := &ageKeys{}
		if isSSHKey(text) {
			keys.ssh = to
		}
		if err := keys.parse(text); err != nil {
			return fmt.Errorf("reading the identity %s: %w", to, err)
		}
		if len(keys.own()) == 0 {
			return errNoOwn(keys)
		}
	}
	if err := safefile.Judge(to, safefile.Rule{Private: true}); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// errNoOwn: nothing says whom the store has to be encrypted to.
func errNoOwn(keys *ageKeys) error {
	err := errors.New("its recipient is not known")
	if keys.ssh != "" {
		return hint.Add(err, "the public key, ed25519 or RSA, has to lie beside it: "+hint.Command("ssh-keygen", "-y", "-f", keys.ssh)+" >"+hint.Command(keys.ssh+".pub"))
	}
	return hint.Add(err, "write it into the identity's file, as a comment '# public key: age1…'")
}

// newIdentity writes an identity as age-keygen does, locked if that was asked for.
func newIdentity(ctx context.Context, s *Settings, path string, how Setup) error {
	public, private, err := generateIdentity(how.PostQuantum)
	if err != nil {
		return err
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
		keys := &ageKeys{from: identityFileName}
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

func generateIdentity(postQuantum bool) (public, private string, err error) {
	if postQuantum {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", "", err
		}
		return id.Recipient().String(), id.String(), nil
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return id.Recipient().String(), id.String(), nil
}

func lockIdentity(text, passphrase []byte) ([]byte, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	return seal(text, []age.Recipient{to})
}
