package cli

import (
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
)

type profileList struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run lists the profiles.
func (c *profileList) Run() error {
	home := profiles.Locate()
	list, err := home.List()
	if err != nil {
		return err
	}
	active, err := activeName(home)
	if err != nil {
		return err
	}
	s, views := known(home), []profileView{}
	for _, name := range list {
		v := profileView{Name: names.Or(name, names.Hidden), Active: name == active}
		if p, err := home.Profile(name); err != nil {
			v.Error = err.Error()
		} else {
			v = viewOf(s, p, active)
		}
		views = append(views, v)
	}
	if c.JSON {
		return printJSON(map[string]any{"profiles": views})
	}
	for _, v := range views {
		v.printLine()
	}
	return nil
}

func (v *profileView) printLine() {
	mark, about := " ", strings.TrimSpace(v.APIKeyRef+"  "+names.Printable(v.Model))
	if v.Active {
		mark = "*"
	}
	if v.APIKeyEnv != "" {
		about = "$" + names.Printable(v.APIKeyEnv) + " (deprecated: wg-run migrate)  " + names.Printable(v.Model)
	}
	if v.Error != "" {
		about = "(not readable: wg-run profile show " + names.Or(v.Name, "NAME") + ")"
	}
	stdout("%s %-24s %s\n", mark, v.Name, strings.TrimSpace(about))
}
