package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
)

// ssh keys are left to the age program: what reads them would cost each start of
// wg-run more than a tenth of a millisecond, also where nothing is encrypted.

// unsealBySSH has age(1) decrypt the store with an ssh key. It asks for the key's
// passphrase on the terminal, where somebody may be asked.
func unsealBySSH(ctx context.Context, s *Settings, key string, sealed []byte) ([]byte, error) {
	if _, err := unarmored(sealed); err != nil {
		return nil, err
	}
	if s.Person && !s.NoPrompt { // it may ask at any time
		defer s.asksPerson()()
	}
	plain, err := runAge(ctx, s, sealed, "--decrypt", "--identity", key)
	if err == nil {
		return plain, nil
	}
	e, ok := errors.AsType[*exitError](err)
	if !ok {
		return nil, err
	}
	says := func(text string) bool { return strings.Contains(e.stderr, text) }
	switch {
	case says("could not read passphrase"):
		return nil, hint.Add(fmt.Errorf("the ssh key is %w by a passphrase, which nobody is there to type", ErrLocked),
			"run it on a terminal, or use an identity of age's: "+passphraseVariable+" does not reach ssh keys")
	case says("incorrect passphrase"), says("x509: decryption password incorrect"):
		return nil, errPassphrase
	case says("no identity matched"):
		return nil, errWrongIdentity
	case says("failed to decrypt and authenticate"), says("bad header MAC"), says("failed to read header"), says("unexpected EOF"):
		return nil, hint.Add(errCorrupt, fromBackup)
	}
	return nil, hint.Add(fmt.Errorf("age ended with %s (what it said is not shown, it may hold a value)", e.status),
		"see what it says: "+hint.Command("age", "--decrypt", "--identity", key, storeFileName)+" >/dev/null")
}

// sealByProgram has age(1) encrypt, since one of the recipients is an ssh key.
func sealByProgram(ctx context.Context, s *Settings, plain []byte, to []string) ([]byte, error) {
	args := []string{"--encrypt", "--armor"}
	for _, text := range to {
		args = append(args, "--recipient", text)
	}
	sealed, err := bounded(ctx, s, "the age program", func(ctx context.Context) ([]byte, error) {
		return runAge(ctx, s, plain, args...)
	})
	e, ok := errors.AsType[*exitError](err)
	switch {
	case !ok:
		return sealed, err
	case strings.Contains(e.stderr, "incompatible recipients"):
		return nil, errMixed()
	}
	return nil, hint.Add(fmt.Errorf("age ended with %s (what it said is not shown, it may hold a value)", e.status),
		"age before 1.3 knows no post-quantum recipients: see age --version")
}

// runAge runs the age program. That it is missing does not mean that the store is.
func runAge(ctx context.Context, s *Settings, input []byte, args ...string) ([]byte, error) {
	path, err := program(s, "age")
	if err != nil {
		return nil, hint.Add(hardened(err), "ssh keys need the program age: https://age-encryption.org")
	}
	return runManager(ctx, s, job{program: path, argv: append([]string{"age"}, args...), input: input, alone: s.NoPrompt, max: maxSealed})
}
