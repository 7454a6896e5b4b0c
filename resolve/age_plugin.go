package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/graphwork/wg-run/internal/hint"
)

// pluginIdentity is an identity that another program, age-plugin-NAME, holds or has
// access to: a security key, a TPM (age-plugin(1)).
type pluginIdentity struct {
	*plugin.Identity
	s *Settings
}

func newPluginIdentity(ui *pluginUI, line string) (*pluginIdentity, error) {
	id, err := plugin.NewIdentity(line, ui.client())
	if err != nil {
		return nil, err
	}
	return &pluginIdentity{id, ui.s}, nil
}

// Unwrap implements age.Identity.
func (p *pluginIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if err := pluginProgram(p.s, p.Name()); err != nil {
		return nil, &identityError{err}
	}
	key, err := p.Identity.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &identityError{hint.Add(pluginFailed(p.Name()), "see what it says: age --decrypt --identity ~/.wg/identity.txt ~/.wg/secrets.age >/dev/null")}
	}
	return key, err
}

// pluginRecipient is a recipient for whom such a program encrypts.
type pluginRecipient struct {
	*plugin.Recipient
	s *Settings
}

func newPluginRecipient(ui *pluginUI, text string) (*pluginRecipient, error) {
	r, err := plugin.NewRecipient(text, ui.client())
	if err != nil {
		return nil, err
	}
	return &pluginRecipient{r, ui.s}, nil
}

// WrapWithLabels implements age.RecipientWithLabels.
func (p *pluginRecipient) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	if err := pluginProgram(p.s, p.Name()); err != nil {
		return nil, nil, &identityError{err}
	}
	stanzas, labels, err := p.Recipient.WrapWithLabels(key)
	if err != nil {
		err = &identityError{hint.Add(pluginFailed(p.Name()), "see what it says: echo | age --encrypt --recipient "+p.String())}
	}
	return stanzas, labels, err
}

// pluginProgram refuses a plugin that others could replace, or that is not the one of
// Settings.Programs.
func pluginProgram(s *Settings, name string) error {
	// With AGEDEBUG=plugin the library would print what is said to the plugin, keys
	// of files included.
	_ = os.Unsetenv("AGEDEBUG")
	name = pluginPrefix + name
	path, err := program(s, name)
	if _, known := s.Programs[name]; err == nil && s.Programs != nil {
		if now, errNow := exec.LookPath(name); !known || errNow != nil || now != path { // the library looks there
			err = fmt.Errorf("looking at the program %s: %w", name, errOtherProgram)
		}
	}
	if err != nil {
		return hint.Add(hardened(err), "the recipient or the identity is of that plugin: install it")
	}
	return nil
}

// pluginFailed does not repeat what a plugin said: it deals with keys.
func pluginFailed(name string) error {
	return fmt.Errorf("the plugin age-plugin-%s failed (what it said is not shown, it may hold a key)", name)
}

// pluginUI lets plugins talk to a person through Settings.
type pluginUI struct {
	s   *Settings
	ctx context.Context
	// asking is held while a person is asked, and for good once it is over.
	asking sync.Mutex
}

func (ui *pluginUI) client() *plugin.ClientUI {
	return &plugin.ClientUI{
		DisplayMessage: func(name, text string) error {
			ui.s.say("age-plugin-%s: %s", name, text)
			return nil
		},
		RequestValue: func(name, text string, _ bool) (string, error) {
			b, err := ui.ask(name, text+" (not shown): ")
			return string(b), err
		},
		Confirm: func(name, text, yes, no string) (bool, error) {
			if no == "" {
				_, err := ui.ask(name, text+" (type "+yes+") ")
				return err == nil, err
			}
			b, err := ui.ask(name, fmt.Sprintf("%s (type %s or %s) ", text, yes, no))
			return err == nil && strings.EqualFold(strings.TrimSpace(string(b)), yes), err
		},
		WaitTimer: func(name string) { ui.s.say("waiting for age-plugin-%s", name) },
	}
}

func (ui *pluginUI) ask(name, text string) ([]byte, error) {
	if ui.s.Ask == nil || ui.s.NoPrompt {
		return nil, ErrLocked
	}
	ui.asking.Lock()
	defer ui.asking.Unlock()
	if ui.ctx.Err() != nil {
		return nil, timedOut(ui.ctx)
	}
	return ui.s.ask(ui.ctx, "age-plugin-"+name+": "+text)
}

// newChildren, where the platform can tell, returns what kills the children that this
// process starts from now on: the library starts plugins and knows no deadline.
var newChildren func() (end func())

// byPlugins runs f, which starts plugins, under the deadline. When that is over no
// question is open any more and no plugin runs.
func byPlugins[T any](ctx context.Context, s *Settings, ui *pluginUI, f func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Deadline())
	defer cancel()
	ui.ctx = ctx
	defer s.sayWhenSlow("a plugin of age's")()
	endPlugins := func() {}
	if newChildren != nil {
		endPlugins = newChildren()
	}
	defer s.withoutCredentials()()
	v, err := fence(ctx, f)
	if ctx.Err() != nil {
		ui.asking.Lock() // which a question gives back once the terminal is as it was
		defer ui.asking.Unlock()
		endPlugins()
	}
	if err != nil {
		err = fmt.Errorf("waiting for a plugin of age's: %w", err)
	}
	return v, err
}

// withoutCredentials takes what lets programs into secret stores out of the environment,
// which the library hands to plugins, until the result is called. The worker's was
// copied before.
func (s *Settings) withoutCredentials() (restore func()) {
	var taken [][2]string
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); isOthersCredential(s, name, nil) {
			taken = append(taken, [2]string{name, value})
			_ = os.Unsetenv(name)
		}
	}
	return func() {
		for _, t := range taken {
			_ = os.Setenv(t[0], t[1])
		}
	}
}
