package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/graphwork/wg-run/internal/broker"
)

// checkBrokers asks each broker how it is.
func (d *doctor) checkBrokers(context.Context) {
	list, _ := brokers()
	for _, a := range list {
		s, err := a.Status()
		switch {
		case errors.Is(err, broker.ErrGone):
		case err != nil:
			d.problem(err)
		case !s.Locked:
			d.add(stateNote, fmt.Sprintf("the memory of the broker %d could not be locked (ulimit -l): it may be swapped", s.PID), "ulimit -l 8192, and start the dispatcher anew")
		default:
			d.add(stateOK, fmt.Sprintf("the broker %d holds %s for the dispatcher %d", s.PID, counted(s.Entries, "secret"), s.Dispatcher), "")
		}
	}
}
