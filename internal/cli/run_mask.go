package cli

import (
	"fmt"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/inject/mask"
	"github.com/graphwork/wg-run/internal/names"
)

// sayUnmasked says, once, which secrets will be shown.
func sayUnmasked(plan *inject.Plan) {
	for _, name := range plan.Unmasked() {
		say(fmt.Sprintf("warning: the secret %s has less than %d bytes and is not masked", names.Show(name), mask.Shortest))
	}
}
