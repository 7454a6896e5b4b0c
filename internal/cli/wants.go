package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// wants lists what to deliver: the main secret first, then the profile's further
// ones, then those of --secret, which replace the profile's of the same name.
func (f *runFlags) wants(s *resolve.Settings, p *profiles.Profile) ([]inject.Want, error) {
	main, via, err := f.mainSecret(s, p)
	if err != nil {
		return nil, err
	}
	var list []inject.Want
	if main != nil {
		list = append(list, inject.Want{Name: fdpass.MainName, Ref: *main})
	}
	var further []profiles.Secret
	if p != nil {
		further = append(further, p.Secrets...)
	}
	named := map[string]bool{}
	for i, text := range f.Secret {
		name, ref, ok := strings.Cut(text, "=")
		if !ok {
			return nil, hint.Add(fmt.Errorf("reading --secret number %d: not of the form NAME=REF (not shown, it may be a key)", i+1),
				"--secret github=op://dev/github/token")
		}
		if named[name] {
			return nil, fmt.Errorf("reading --secret number %d: secret %s was given before", i+1, names.Show(name))
		}
		named[name] = true
		further = replaceSecret(further, profiles.Secret{Name: name, Ref: ref})
	}
	for _, secret := range further {
		w, err := furtherWant(s, secret)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	if len(list) == 0 {
		return nil, noRef(p)
	}
	for i := range list {
		list[i].Via, list[i].ViaBy = f.channel(list[i].Via, via, i == 0)
	}
	return list, nil
}

// channel is how a secret goes whose own channel is own, in a profile whose channel is
// ofAll, and who says so. What can carry one secret only carries the first.
func (f *runFlags) channel(own, ofAll string, first bool) (via, by string) {
	for _, said := range [][2]string{{f.Via, "--via"}, {own, "its via in the profile"}, {ofAll, "the profile's via"}} {
		via, by := said[0], said[1]
		c, err := fdpass.Find(via)
		if via != "" && (first || via == own || err != nil || !c.Single()) {
			return via, by
		}
	}
	return "", ""
}

func replaceSecret(list []profiles.Secret, s profiles.Secret) []profiles.Secret {
	for i := range list {
		if list[i].Name == s.Name {
			list[i].Ref = s.Ref // the channel stays the profile's
			return list
		}
	}
	return append(list, s)
}

// mainSecret returns the reference of the main secret, nil if there is none,
// and the profile's default channel.
func (f *runFlags) mainSecret(s *resolve.Settings, p *profiles.Profile) (*resolve.Ref, string, error) {
	via := ""
	if p != nil {
		via = p.Via
	}
	switch {
	case f.Ref != "":
		ref, err := s.ParseRef(f.Ref)
		if err != nil {
			return nil, "", fmt.Errorf("reading --ref: %w", err)
		}
		return &ref, via, nil
	case p == nil:
		return nil, via, nil
	case p.APIKeyRef != "":
		ref, err := s.ParseRef(p.APIKeyRef)
		if err != nil {
			return nil, "", fmt.Errorf("profile %s: reading api_key_ref: %w", names.Show(p.Name), err)
		}
		return &ref, via, nil
	case p.APIKeyEnv != "":
		if !names.ValidVariable(p.APIKeyEnv) {
			return nil, "", fmt.Errorf("profile %s: api_key_env is not the name of a variable (not shown, it may be a key)", names.Show(p.Name))
		}
		ref := resolve.Auto(p.Name, p.APIKeyEnv)
		return &ref, via, nil
	}
	return nil, via, nil
}

func furtherWant(settings *resolve.Settings, s profiles.Secret) (inject.Want, error) {
	if err := newName(s.Name); err != nil {
		return inject.Want{}, fmt.Errorf("reading a secret's name: %w", err)
	}
	mine, _ := fdpass.Variables(fdpass.MainName)
	if v, _ := fdpass.Variables(s.Name); v == mine {
		return inject.Want{}, fmt.Errorf("secret %s: its variable %s is that of the main secret", names.Show(s.Name), v)
	}
	ref, err := settings.ParseRef(s.Ref)
	if err != nil {
		return inject.Want{}, fmt.Errorf("secret %s: reading its reference: %w", names.Show(s.Name), err)
	}
	return inject.Want{Name: s.Name, Ref: ref, Via: s.Via}, nil
}

func noRef(p *profiles.Profile) error {
	if p == nil {
		return errors.New("no secret to deliver")
	}
	return hint.Add(fmt.Errorf("profile %s: it names no secret", names.Show(p.Name)),
		fmt.Sprintf(`write into profiles/%[1]s.toml: api_key_ref = "keyring:%[1]s"`, names.Or(p.Name, "NAME")))
}
