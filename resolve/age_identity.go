package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// identityVariable names another identity than identity.txt: a file, a reference, or
// the identity itself.
const identityVariable = "WG_AGE_IDENTITY"

// maxIdentity bounds an identity file, in bytes.
const maxIdentity = 1 << 20

// identityText reads the identity from where it is.
func identityText(ctx context.Context, s *Settings) ([]byte, *ageKeys, error) {
	where := os.Getenv(identityVariable)
	keys := &ageKeys{from: "$" + identityVariable}
	if strings.HasPrefix(where, "age:") || strings.HasPrefix(where, "auto:") {
		return nil, nil, fmt.Errorf("$%s: the identity cannot be in the store that it opens", identityVariable)
	}
	secret, isRef, err := fetch(ctx, s, where)
	if err != nil {
		return nil, nil, fmt.Errorf("getting the identity that $%s names: %w", identityVariable, unhinted(err))
	}
	switch {
	case isRef:
		keys.opened = bytes.Clone(secret.Bytes())
		return secret.Bytes(), keys, nil
	case isIdentityText(where):
		s.say("warning: $%s holds the identity itself, and every program below this shell inherits it; better is a file", identityVariable)
		return []byte(where), keys, nil
	}
	return identityFile(s, where, keys)
}

// isIdentityText reports whether the variable holds an identity and not the name of
// one: it is then no path, which an error would show.
func isIdentityText(where string) bool {
	return strings.ContainsAny(where, "\r\n") || strings.Contains(strings.ToUpper(where), "AGE-SECRET-KEY-") ||
		strings.HasPrefix(where, "AGE-") || strings.HasPrefix(where, "-----BEGIN")
}

// identityFile reads identity.txt, or the file that the variable names.
func identityFile(s *Settings, where string, keys *ageKeys) ([]byte, *ageKeys, error) {
	path := where
	if where == "" {
		keys.from = identityFileName
		var err error
		if path, err = agePath(s, keys.from); err != nil {
			return nil, nil, err
		}
	} else if rest, ok := strings.CutPrefix(where, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, nil, fmt.Errorf("expanding ~: %w", err)
		}
		path = filepath.Join(home, rest)
	}
	// What the variable holds may be an identity in some other form: it is shown as a
	// path only if there is such a file.
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = hint.Add(fmt.Errorf("no such file: %s", keys.from), "the file is what was backed up when the store was made; or: "+identityVariable+"=FILE")
	} else if err != nil {
		err = fmt.Errorf("%s: %w", keys.from, withoutPath(err))
	}
	var text []byte
	if err == nil {
		text, err = safefile.Read(path, safefile.Rule{Private: true, Max: maxIdentity})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the identity that opens secrets.age: %w", err)
	}
	if isSSHKey(text) {
		if keys.ssh, err = filepath.EvalSymlinks(path); err != nil { // its public half lies beside the key
			return nil, nil, err
		}
	}
	return text, keys, nil
}

// isSSHKey reports whether text is a private key as ssh-keygen(1) writes it.
func isSSHKey(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN ")) && !isSealed(text)
}

// IdentityInEnvironment reports whether $WG_AGE_IDENTITY holds an identity and not the
// name of one.
func IdentityInEnvironment() bool { return isIdentityText(os.Getenv(identityVariable)) }

// hardened is err as a failure: that the identity is not found does not mean that the
// secret is not.
func hardened(err error) error {
	if OutcomeOf(err) == Failed {
		return err
	}
	return hint.Add(errors.New(err.Error()), hint.Of(err))
}

// unhinted is hardened without the hint, which may repeat the reference.
func unhinted(err error) error { return errors.New(err.Error()) }
