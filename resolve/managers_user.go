package resolve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// isManagerName judges what a user may call a manager: it becomes a scheme.
func isManagerName(name string) bool {
	const first, rest = "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz0123456789-"
	return name != "" && len(name) <= 32 && strings.Contains(first, name[:1]) && strings.Trim(name, rest) == ""
}

// notManagers are the names beside THE LIST that mean something else.
var notManagers = []string{"auto", "plain"}

// UserManagers makes backends of the table [managers] of config.toml, as it was
// decoded, sorted by name. The error names the row and the key, and no value.
func UserManagers(raw map[string]any) ([]Backend, error) {
	var list []Backend
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		row, err := userRow(name, raw[name])
		if err != nil {
			return nil, fmt.Errorf("[managers.%s]: %w", names.Or(name, "…"), err)
		}
		b := rowBackend(name, func() (*managerRow, error) { return row, nil })
		b.Help, b.Credentials = row.Title+" ([managers."+name+"] of config.toml)", row.Credentials
		list = append(list, b)
	}
	return list, nil
}

func userRow(name string, raw any) (*managerRow, error) {
	if !isManagerName(name) || names.LooksSecret(name) {
		return nil, errors.New("the name is not of small letters, digits and dashes, a letter first, 32 at most")
	}
	if slices.Contains(append((&Settings{}).Schemes(), notManagers...), name) {
		return nil, errors.New("the name is taken by a backend of wg-run's own: choose another")
	}
	table, ok := raw.(map[string]any)
	if !ok {
		return nil, errors.New("not a table")
	}
	row := &managerRow{Title: name}
	if err := tomlfile.Fill(row, table); err != nil {
		return nil, err
	}
	return row, row.judge()
}
