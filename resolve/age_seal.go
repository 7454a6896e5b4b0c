package resolve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// What can be wrong with an age file. The library's own texts quote lines of it.
var (
	errSealedEmpty   = errors.New("the file is empty")
	errNotSealed     = errors.New("not an age file")
	errNewerAge      = errors.New("encrypted in a version of age's format that wg-run does not know")
	errCutOff        = errors.New("the file is cut off")
	errCorrupt       = errors.New("the file is damaged, or was tampered with")
	errConflicted    = errors.New("git merged it as a text and left both versions in it")
	errWrongIdentity = errors.New("not encrypted to this identity")
)

const fromBackup = "take it from git or from a backup; it was left as it is"

// seal encrypts plain to the recipients, armored.
func seal(plain []byte, recipients []age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	armored := armor.NewWriter(&sealed)
	w, err := age.Encrypt(armored, recipients...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// unseal decrypts an age file, armored or not, of at most max bytes inside.
func unseal(sealed []byte, max int64, identities ...age.Identity) ([]byte, error) {
	binary, err := unarmored(sealed)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(binary), identities...)
	if err != nil {
		return nil, unsealFailed(err)
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(binary))) // no second copy: the payload is smaller
	n, err := plain.ReadFrom(io.LimitReader(r, max+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = hint.Add(errCutOff, fromBackup)
	case err != nil:
		err = hint.Add(errCorrupt, fromBackup)
	case n > max:
		err = fmt.Errorf("more than %d bytes: %w", max, safefile.ErrTooBig)
	default:
		return plain.Bytes(), nil
	}
	clear(plain.Bytes())
	return nil, err
}

const ageIntro = "age-encryption.org/"

// isSealed reports whether data begins as an age file does.
func isSealed(data []byte) bool {
	return bytes.HasPrefix(data, []byte(ageIntro)) || bytes.HasPrefix(bytes.TrimSpace(data), []byte(armor.Header))
}

// unarmored returns the binary form of an age file.
func unarmored(sealed []byte) ([]byte, error) {
	trimmed := bytes.TrimSpace(sealed)
	switch {
	case len(trimmed) == 0:
		return nil, hint.Add(errSealedEmpty, fromBackup)
	case bytes.Contains(sealed, []byte("<<<<<<< ")):
		return nil, hint.Add(errConflicted, "git merge --abort (or rebase, or stash); then: wg-run secret git-setup, and merge again")
	case !isSealed(sealed):
		return nil, hint.Add(errNotSealed, fromBackup)
	}
	binary := sealed
	if bytes.HasPrefix(trimmed, []byte(armor.Header)) {
		var err error
		if binary, err = io.ReadAll(armor.NewReader(bytes.NewReader(sealed))); err != nil {
			if bytes.Count(trimmed, []byte("-----")) < 4 { // two around each of the first and the last line
				return nil, hint.Add(errCutOff, fromBackup)
			}
			return nil, hint.Add(errCorrupt, fromBackup)
		}
	}
	line, _, whole := bytes.Cut(binary, []byte("\n"))
	switch version := string(bytes.TrimPrefix(line, []byte(ageIntro))); {
	case !whole:
		return nil, hint.Add(errCutOff, fromBackup)
	case version != "v1" && len(version) > 1 && version[0] == 'v' && strings.Trim(version[1:], "0123456789") == "":
		return nil, errNewerAge
	}
	return binary, nil
}

// unsealFailed sorts the library's errors before the payload is read.
func unsealFailed(err error) error {
	if wrong, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return fmt.Errorf("%w (it is encrypted to: %s)", errWrongIdentity, stanzas(wrong.StanzaTypes))
	}
	if told, ok := errors.AsType[*identityError](err); ok {
		return told
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return hint.Add(errCutOff, fromBackup)
	}
	return hint.Add(errCorrupt, fromBackup)
}

// identityError is a failure of what opens the file, not of the file.
type identityError struct{ error }

func (e *identityError) Unwrap() error { return e.error }

// stanzas sums up the kinds of recipients in a header: "2 X25519, 1 of another kind".
func stanzas(types []string) string {
	kinds := map[string]string{
		"X25519": "X25519", "mlkem768x25519": "post-quantum", "ssh-ed25519": "ssh-ed25519", "ssh-rsa": "ssh-rsa", "scrypt": "a passphrase",
		"piv-p256": "a yubikey", "p256tag": "p256tag", "mlkem768p256tag": "mlkem768p256tag",
	}
	count := map[string]int{}
	var order []string
	for _, t := range types {
		if strings.HasSuffix(t, "-grease") { // age.md, "recipients may generate an arbitrary …-grease stanza"
			continue
		}
		kind, ok := kinds[t]
		if !ok {
			kind = "of another kind"
		}
		if count[kind]++; !slices.Contains(order, kind) {
			order = append(order, kind)
		}
	}
	for i, kind := range order {
		order[i] = fmt.Sprintf("%d %s", count[kind], kind)
	}
	return strings.Join(order, ", ")
}
