package profiles

import (
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
)

// endpointName names the secret of one of wg's endpoints: that which a run takes
// is found under the profile's name, the others under their own.
func endpointName(root, table map[string]any, i int, profile string, ofProfile bool, variable string) string {
	own, _ := table["name"].(string)
	if !names.Valid(own) || names.IsPastedKey(own) {
		own = nameOf(variable)
	}
	if !ofProfile {
		return own
	}
	_, env := root[envKey]
	ref, _ := root[refKey].(string)
	if !env && ref == "" && chosenIndex(root) == i { // else a run looks at no endpoint
		return profile
	}
	if own == profile || !names.Valid(profile+"."+own) {
		return profile + "." + strconv.Itoa(i+1)
	}
	return profile + "." + own
}

// chosenIndex is the endpoint that a run takes its key from, or -1.
func chosenIndex(root map[string]any) int {
	table, _ := root["llm_endpoints"].(map[string]any)
	list, _ := table["endpoints"].([]map[string]any)
	if anys, ok := table["endpoints"].([]any); ok {
		for _, v := range anys {
			t, _ := v.(map[string]any)
			list = append(list, t)
		}
	}
	var defaults []bool
	for _, t := range list {
		d, _ := t["is_default"].(bool)
		defaults = append(defaults, d)
	}
	i, _ := chosenOf(defaults)
	return i
}

// nameOf makes a secret's name of a variable's: OPENROUTER_API_KEY is openrouter.
func nameOf(variable string) string {
	name := strings.ToLower(strings.TrimLeft(variable, "_"))
	for _, end := range []string{"_api_key", "_api_token", "_access_token", "_key", "_token"} {
		if short, ok := strings.CutSuffix(name, end); ok && short != "" {
			name = short
			break
		}
	}
	if len(name) > names.MaxLen {
		name = name[:names.MaxLen]
	}
	return name
}
