package cli

import (
	"errors"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type profileShow struct {
	Name string `arg:"" predictor:"profile" help:"Name of the profile."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// profileView is a profile as it is shown: references as they print, no templates'
// values, nothing that may be a key.
type profileView struct {
	Name        string       `json:"name"`
	Active      bool         `json:"active"`
	Description string       `json:"description,omitempty"`
	Model       string       `json:"model,omitempty"`
	APIKeyRef   string       `json:"api_key_ref,omitempty"`
	APIKeyEnv   string       `json:"api_key_env,omitempty"`
	Via         string       `json:"via,omitempty"`
	Allow       []string     `json:"allow,omitempty"`
	KeepEnv     []string     `json:"keep_env,omitempty"`
	Secrets     []secretView `json:"secrets,omitempty"`
	Env         []string     `json:"env,omitempty"`
	Error       string       `json:"error,omitempty"`
}

type secretView struct {
	Name string `json:"name"`
	Ref  string `json:"ref"`
	Via  string `json:"via,omitempty"`
}

func viewOf(s *resolve.Settings, p *profiles.Profile, active string) profileView {
	v := profileView{
		Name: names.Or(p.Name, names.Hidden), Active: p.Name == active,
		Description: names.Redacted(p.Description), Model: names.Redacted(p.Model),
		APIKeyRef: refOrNot(s, p.APIKeyRef), Via: names.Or(p.Via, names.Hidden),
	}
	for _, program := range p.Allow {
		v.Allow = append(v.Allow, names.Redacted(program))
	}
	for _, variable := range p.KeepEnv {
		v.KeepEnv = append(v.KeepEnv, names.Or(variable, names.Hidden))
	}
	if p.APIKeyRef == "" && p.APIKeyEnv != "" {
		v.APIKeyEnv = names.Or(p.APIKeyEnv, names.Hidden)
	}
	for _, secret := range p.Secrets {
		v.Secrets = append(v.Secrets, secretView{names.Or(secret.Name, names.Hidden), refOrNot(s, secret.Ref), names.Or(secret.Via, names.Hidden)})
	}
	for _, e := range p.Env {
		v.Env = append(v.Env, names.Or(e.Name, names.Hidden))
	}
	return v
}

// activeName is the active profile's name, "" if there is none.
func activeName(home profiles.Home) (string, error) {
	name, err := home.Active()
	if errors.Is(err, profiles.ErrNoneActive) {
		err = nil
	}
	return name, err
}

// Run prints one profile.
func (c *profileShow) Run() error {
	home := profiles.Locate()
	p, err := home.Profile(c.Name)
	if err != nil {
		return err
	}
	active, err := activeName(home)
	if err != nil {
		return err
	}
	v := viewOf(known(home), p, active)
	if c.JSON {
		return printJSON(v)
	}
	v.print()
	return nil
}

func (v *profileView) print() {
	row("name", "%s", v.Name)
	optional := func(what, value string) {
		if value != "" {
			row(what, "%s", names.Printable(value))
		}
	}
	if v.Active {
		row("active", "yes")
	}
	optional("about", v.Description)
	optional("model", v.Model)
	optional("secret", v.APIKeyRef)
	if v.APIKeyEnv != "" {
		row("variable", "%s (deprecated: wg-run migrate)", names.Show(v.APIKeyEnv))
	}
	for _, s := range v.Secrets {
		row("secret", "%s: %s", s.Name, s.Ref)
	}
	optional("via", v.Via)
	optional("allow", strings.Join(v.Allow, ", "))
	optional("keep_env", strings.Join(v.KeepEnv, ", "))
	for _, e := range v.Env {
		row("env", "%s", names.Printable(e))
	}
}
