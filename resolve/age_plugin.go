package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/graphwork/wg-run/internal/hint"
)

// pluginIdentity is an identity that another program, age-plugin-NAME, holds or has
// access to: a security key, a TPM (age-plugin(1)).
type pluginIdentity struct{ *plugin.Identity }

func newPluginIdentity(s *Settings, line string) (*pluginIdentity, error) {
	id, err := plugin.NewIdentity(line, pluginUI(s))
	if err != nil {
		return nil, err
	}
	return &pluginIdentity{id}, nil
}

// Unwrap implements age.Identity.
func (p *pluginIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if err := pluginProgram(p.Name()); err != nil {
		return nil, &identityError{err}
	}
	key, err := p.Identity.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &identityError{pluginFailed(p.Name())}
	}
	return key, err
}

// pluginRecipient is a recipient for whom such a program encrypts.
type pluginRecipient struct{ *plugin.Recipient }

func newPluginRecipient(s *Settings, text string) (*pluginRecipient, error) {
	r, err := plugin.NewRecipient(text, pluginUI(s))
	if err != nil {
		return nil, err
	}
	return &pluginRecipient{r}, nil
}

// WrapWithLabels implements age.RecipientWithLabels.
func (p *pluginRecipient) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	if err := pluginProgram(p.Name()); err != nil {
		return nil, nil, err
	}
	stanzas, labels, err := p.Recipient.WrapWithLabels(key)
	if err != nil {
		err = pluginFailed(p.Name())
	}
	return stanzas, labels, err
}

func pluginProgram(name string) error {
	// With AGEDEBUG=plugin the library would print what is said to the plugin, keys
	// of files included.
	_ = os.Unsetenv("AGEDEBUG")
	if _, err := program("age-plugin-" + name); err != nil {
		return hint.Add(hardened(err), "the recipient or the identity is of that plugin: install it")
	}
	return nil
}

// pluginFailed does not repeat what a plugin said: it deals with keys.
func pluginFailed(name string) error {
	return hint.Add(fmt.Errorf("the plugin age-plugin-%s failed (what it said is not shown, it may hold a key)", name),
		"see what it says: age --decrypt --identity IDENTITY secrets.age >/dev/null")
}

// pluginUI lets a plugin talk to a person through Settings.
func pluginUI(s *Settings) *plugin.ClientUI {
	ask := func(name, text string) ([]byte, error) {
		if s.Ask == nil || s.NoPrompt {
			return nil, ErrLocked
		}
		return s.Ask(context.Background(), "age-plugin-"+name+": "+text)
	}
	return &plugin.ClientUI{
		DisplayMessage: func(name, text string) error {
			s.say("age-plugin-%s: %s", name, text)
			return nil
		},
		RequestValue: func(name, text string, _ bool) (string, error) {
			b, err := ask(name, text+" (not shown): ")
			return string(b), err
		},
		Confirm: func(name, text, yes, no string) (bool, error) {
			if no == "" {
				_, err := ask(name, text+" (type "+yes+") ")
				return err == nil, err
			}
			b, err := ask(name, fmt.Sprintf("%s (type %s or %s) ", text, yes, no))
			return err == nil && strings.EqualFold(strings.TrimSpace(string(b)), yes), err
		},
		WaitTimer: func(name string) { s.say("waiting for age-plugin-%s", name) },
	}
}
