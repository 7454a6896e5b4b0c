package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
)

// client finds the client of --for. own is the table [clients] of config.toml.
func (f *runFlags) client(req *inject.Request, own map[string]any) (err error) {
	if f.For == "" {
		return nil
	}
	req.Client, err = inject.FindClient(f.For, own)
	if _, file := own[f.For]; err != nil && !file { // else it says which file
		err = fmt.Errorf("reading --for: %w", err)
	}
	return err
}

// deliverFor lets the client's channel outweigh that of the profile, and says what a person
// should know.
func (f *runFlags) deliverFor(req *inject.Request) error {
	main := slices.IndexFunc(req.Secrets, func(w inject.Want) bool { return w.Name == fdpass.MainName })
	if main < 0 {
		return hint.Add(fmt.Errorf("delivering for %s: --for is about the main secret, and this run has none", req.Client.Name),
			"wg-run --ref REF --for "+req.Client.Name+" -- WORKER [ARG...]")
	}
	if w := &req.Secrets[main]; f.Via == "" {
		w.Via = req.Client.Channel(w.Via)
	}
	for _, note := range req.Client.Notes(f.Via, req.Argv) {
		say(note)
	}
	return nil
}

// checkClients judges the rows of config.toml, which a run does only with the one it needs.
func (d *doctor) checkClients(context.Context) {
	for _, name := range slices.Sorted(maps.Keys(d.config.Clients)) {
		if _, err := inject.FindClient(name, d.config.Clients); err != nil {
			d.problem(err)
		}
	}
}

type clientsCmd struct {
	Name *string `arg:"" optional:"" placeholder:"CLIENT" predictor:"client" help:"Show this one in full."`
	JSON bool    `name:"json" help:"Print one JSON object."`
}

// Help is shown by --help.
func (clientsCmd) Help() string {
	return `A client is a program whose way of reading a secret wg-run knows, as

    wg-run --ref pass:backup/borg --for borg -- borg list /backup

One of your own is a table [clients.NAME] in config.toml: see docs/clients.md.`
}

// Run lists the clients, or shows one.
func (c *clientsCmd) Run() error {
	_, config, err := settings(profiles.Locate())
	if err != nil {
		return err
	}
	var list []*inject.Client
	var wrong error
	if c.Name == nil {
		list, wrong = inject.Clients(config.Clients)
	} else {
		one, err := inject.FindClient(*c.Name, config.Clients)
		if err != nil {
			return err
		}
		list = append(list, one)
	}
	switch {
	case c.JSON:
		err = printJSON(map[string]any{"clients": list})
	case c.Name != nil:
		showClient(list[0])
	default:
		for _, one := range list {
			stdout("%-15s %-33s %s\n", one.Name, names.Printable(one.Title), names.Printable(how(one)))
		}
	}
	return errors.Join(err, wrong)
}

// how is a client's way in one line: variables, arguments, the channel.
func how(c *inject.Client) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		parts = append(parts, name+"="+c.Env[name])
	}
	for _, a := range c.Args {
		if len(a) > 40 {
			a = "…"
		}
		parts = append(parts, a)
	}
	text := strings.Join(parts, " ")
	if c.Via != "" {
		text = strings.TrimSpace(text + " (" + c.Via + ")")
	}
	if c.Own {
		text += ", of config.toml"
	}
	return text
}

// example is a line with that client.
func example(c *inject.Client) string {
	line := []string{"wg-run", "--ref", "keyring:" + c.Name, "--for", c.Name, "--", "WORKER"}
	if len(c.Programs) > 0 {
		line[len(line)-1] = c.Programs[0]
	}
	if word, ok := strings.CutPrefix(c.Place, "after "); ok {
		line = append(line, word)
	}
	return hint.Command(line...) + " …"
}

func showClient(c *inject.Client) {
	show := func(what string, texts ...string) {
		if text := strings.Join(texts, " "); text != "" {
			row(what, "%s", text)
		}
	}
	show("client", c.Name)
	show("is", c.Title)
	show("programs", c.Programs...)
	show("secret", c.Secret)
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		show("variable", name+"="+c.Env[name])
	}
	show("arguments", hint.Command(c.Args...))
	for _, sub := range slices.Sorted(maps.Keys(c.ArgsOf)) {
		show("  "+sub, hint.Command(c.ArgsOf[sub]...))
	}
	if len(c.Args)+len(c.ArgsOf) > 0 {
		show("place", cmp.Or(c.Place, "program"))
	}
	show("not with", c.Unset...)
	show("channel", strings.TrimSuffix(cmp.Or(c.Via, "pipe")+": "+c.Why, ": "))
	show("format", c.Format)
	show("escape", c.Escape)
	show("newline", cmp.Or(c.Newline, "keep"))
	if c.Own {
		show("from", "[clients."+c.Name+"] of config.toml")
	}
	show("example", example(c))
}
