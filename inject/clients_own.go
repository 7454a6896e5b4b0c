package inject

import (
	"errors"
	"fmt"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// ownClient makes a client of a table [clients.NAME] of config.toml, as it was decoded. The
// error names the row and the key, and no value.
func ownClient(name string, raw any) (*Client, error) {
	c, err := ownRow(name, raw)
	if err == nil {
		err = c.judge()
	}
	if err != nil {
		return nil, fmt.Errorf("reading config.toml: [clients.%s]: %w", names.Or(name, "…"), err)
	}
	c.complete()
	return c, nil
}

func ownRow(name string, raw any) (*Client, error) {
	if !names.Valid(name) || names.LooksSecret(name) {
		return nil, errors.New("the name of a client: " + names.Rule)
	}
	table, ok := raw.(map[string]any)
	if !ok {
		return nil, errors.New("not a table")
	}
	c := &Client{Title: name}
	if like, ok := table["like"]; ok {
		var err error
		if c, err = likeRow(like); err != nil {
			return nil, fmt.Errorf("like: %w", err)
		}
	}
	with := c.With
	if err := tomlfile.Fill(c, table); err != nil {
		return nil, err
	}
	c.Name, c.Own = name, true
	for key, value := range with { // what this row does not say of them
		if _, said := c.With[key]; !said {
			c.With[key] = value
		}
	}
	said, _ := table["with"].(map[string]any)
	return c, c.judgeWith(said)
}

// likeRow is the row of wg-run's that another begins with.
func likeRow(like any) (*Client, error) {
	name, ok := like.(string)
	if !ok {
		return nil, errors.New("not a text")
	}
	c, err := decodeBuiltIn(name)
	if c == nil && err == nil {
		list, _ := Clients(nil)
		return nil, hint.Add(errors.New("no client of wg-run's own has that name"+meant(name, list)), "wg-run clients lists them")
	}
	return c, err
}
