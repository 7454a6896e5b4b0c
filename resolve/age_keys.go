package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// ageKeys is what opens secrets.age.
type ageKeys struct {
	// from says where it was found, for messages.
	from string
	// identities are tried first.
	identities []age.Identity
	// plugins are the lines of identities that other programs hold.
	plugins []string
	// ssh is the path of an ssh key, which the age program reads.
	ssh string
	// opened is the identity's text, where somebody unlocked it or another backend had it.
	opened []byte
	// noted are the recipients in the comments of the identity file.
	noted []string
}

// slow reports whether opening asks another program, and that perhaps a person.
func (k *ageKeys) slow() bool { return len(k.plugins) > 0 || k.ssh != "" }

// ageKeysOf finds the identity, and asks for its passphrase if it has one. It is kept:
// nobody is asked twice in one process.
func ageKeysOf(ctx context.Context, s *Settings) (*ageKeys, error) {
	memory := s.ageMemory()
	if memory.keys != nil {
		return memory.keys, nil
	}
	text, keys, err := identityText(ctx, s)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	if isSealed(text) {
		inside, err := openIdentity(ctx, s, text, keys.from)
		if err != nil {
			return nil, fmt.Errorf("unlocking the identity %s: %w", keys.from, err)
		}
		defer clear(inside)
		keys.opened = bytes.Clone(inside)
		if text = inside; isSealed(text) {
			return nil, fmt.Errorf("reading the identity %s: it is encrypted twice", keys.from)
		}
	}
	if err := keys.parse(text); err != nil {
		return nil, fmt.Errorf("reading the identity %s: %w", keys.from, err)
	}
	memory.keys = keys
	return keys, nil
}

// OpenedIdentity is the identity that opens the age store, where this process had to ask
// for it: a passphrase unlocked it, or $WG_AGE_IDENTITY names it by a reference. nil
// where it lies in a file, or was not needed yet.
func (s *Settings) OpenedIdentity() []byte {
	if keys := s.ageMemory().keys; keys != nil {
		return keys.opened
	}
	return nil
}

// parse reads the lines of an identity file, as age(1) documents it under -i.
func (k *ageKeys) parse(text []byte) error {
	if k.ssh != "" {
		return nil
	}
	if isSSHKey(text) {
		return hint.Add(errors.New("an ssh key is read from a file"), identityVariable+"=FILE")
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			k.note(line)
			continue
		}
		if line == "" {
			continue
		}
		id, err := parseIdentity(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if _, isPlugin := id.(*pluginIdentity); isPlugin {
			k.plugins = append(k.plugins, line)
		} else {
			k.identities = append(k.identities, id)
		}
	}
	if len(k.identities)+len(k.plugins) == 0 {
		return errors.New("it holds no identity")
	}
	return nil
}

// note keeps a recipient that a comment names, as age-keygen and plugins write it.
func (k *ageKeys) note(comment string) {
	for word := range strings.FieldsSeq(comment) {
		if r, err := parseRecipient(word); err == nil && strings.HasPrefix(word, "age1") {
			k.noted = append(k.noted, r.text)
		}
	}
}

// parseIdentity reads one line. Its error holds nothing of it.
func parseIdentity(line string) (id age.Identity, err error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		id, err = age.ParseHybridIdentity(line)
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		id, err = age.ParseX25519Identity(line)
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		id, err = newPluginIdentity(&pluginUI{s: &Settings{}}, line)
	case strings.HasPrefix(line, "age1"), strings.HasPrefix(line, "ssh-"):
		return nil, errors.New("a recipient, which encrypts, and not an identity, which decrypts")
	default:
		return nil, errors.New("not an identity of age's")
	}
	if err != nil {
		return nil, errors.New("not a valid identity: mistyped, or cut off")
	}
	return id, nil
}

// own returns the recipients of the identity, as far as they can be known.
func (k *ageKeys) own() []string {
	var list []string
	if len(k.plugins) > 0 { // else a comment may be about anybody
		list = slices.Clone(k.noted)
	}
	for _, id := range k.identities {
		switch id := id.(type) {
		case *age.X25519Identity:
			list = append(list, id.Recipient().String())
		case *age.HybridIdentity:
			list = append(list, id.Recipient().String())
		}
	}
	if k.ssh != "" {
		if public, err := safefile.Read(k.ssh+".pub", safefile.Rule{Max: maxIdentity}); err == nil {
			if r, err := parseRecipient(strings.TrimSpace(string(public))); err == nil {
				list = append(list, r.text)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
