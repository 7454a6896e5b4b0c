package fdpass

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// MaxRead is the largest value that Read accepts, in bytes.
const MaxRead = 1 << 20

var (
	// ErrNotGiven: the variable is not set, so no secret was handed over.
	ErrNotGiven = errors.New("no descriptor was handed over")
	// ErrDrained: the descriptor is at its end already; a secret is never empty.
	ErrDrained = errors.New("the descriptor is empty: it was read before, or closed on the way")
)

// Read is for workers: it returns the secret of that name (MainName, or one of
// the profile's further secrets), closes its descriptor and unsets both
// variables, so that programs which the worker starts find neither. Call it
// once, early, before anything else opens files. A value over MaxRead bytes, a
// variable that holds no number, or a descriptor that is neither a pipe, a socket
// nor a memory file is an error; none holds any of the value.
func Read(name string) ([]byte, error) {
	fdVar, fileVar := Variables(name)
	text, ok := os.LookupEnv(fdVar)
	_, _ = os.Unsetenv(fdVar), os.Unsetenv(fileVar)
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", fdVar, ErrNotGiven)
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n < 3 {
		return nil, fmt.Errorf("reading %s: it does not hold a descriptor's number", fdVar)
	}
	value, err := readDescriptor(int(n))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", fdVar, err)
	}
	return value, nil
}

func readBounded(r io.Reader) ([]byte, error) {
	value, err := io.ReadAll(io.LimitReader(r, MaxRead+1))
	switch {
	case err != nil:
		return nil, err
	case len(value) > MaxRead:
		clear(value)
		return nil, fmt.Errorf("more than %d bytes", MaxRead)
	case len(value) == 0:
		return nil, ErrDrained
	}
	return value, nil
}
