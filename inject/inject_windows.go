package inject

import (
	"errors"
	"os"

	"github.com/graphwork/wg-run/internal/hint"
)

// staysAlways: no process is replaced here.
const staysAlways = true

// freeNumbers leaves the choice to numberOf.
func freeNumbers(n int) ([]int, error) { return make([]int, n), nil }

// Exec is not possible on Windows, which cannot replace a process: see MustStay.
func (p *Plan) Exec() error { return ErrUnsupported }

// Adopts: Windows has no orphans that come back.
func Adopts() bool { return false }

// Failed is for what executes a program in another way; nothing does here.
func (p *Plan) Failed(err error) error { return err }

// Self returns ErrUnsupported.
func Self() (*Plan, error) { return nil, ErrUnsupported }

// Files returns ErrUnsupported.
func (p *Plan) Files() ([]*os.File, error) { return nil, ErrUnsupported }

var errMask = hint.Add(errors.New("masking the output: not supported on Windows, where it would take the worker's console away"),
	"without --mask; what goes to a file can be searched there")
