package cli

import (
	"errors"
	"fmt"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/inject/mask"
	"github.com/graphwork/wg-run/internal/names"
)

// errNoParent is what --mask says until there is a parent that stays.
var errNoParent = errors.New("masking the output: wg-run cannot stay as the worker's parent")

// masked is where the parent takes over.
func masked(plan *inject.Plan) error {
	sayUnmasked(plan)
	return errNoParent
}

// sayUnmasked says, once, which secrets will be shown.
func sayUnmasked(plan *inject.Plan) {
	for _, name := range plan.Unmasked() {
		say(fmt.Sprintf("warning: the secret %s has less than %d bytes and is not masked", names.Show(name), mask.Shortest))
	}
}
