package resolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// maxStderr bounds what is kept of a manager's messages, in bytes.
const maxStderr = 64 << 10

// graceAfterKill is how long output of a killed manager's children is waited
// for: one in a session of its own would keep our pipes open.
const graceAfterKill = 200 * time.Millisecond

// What the platform adds; nil where it has nothing.
var (
	// ownGroup puts the command into a process group of its own that is killed
	// as a whole, and gives it the terminal if a person is there. The result
	// takes the terminal back.
	ownGroup func(cmd *exec.Cmd, person bool) (restore func())
)

// runManager runs a manager's program and returns its stdout, at most MaxSecret
// bytes and a newline. It ends when ctx does, together with all that the program
// started. An exit status other than 0 is an *exitError.
func runManager(ctx context.Context, s *Settings, program string, argv []string) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, argv[1:]...)
	cmd.Args[0] = argv[0]
	// The texts in the table are the untranslated ones.
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "LANGUAGE=C")
	cmd.WaitDelay = graceAfterKill
	out := &boundedOut{max: MaxSecret + len("\r\n"), full: cancel}
	errs := &headOnly{max: maxStderr}
	cmd.Stdout, cmd.Stderr = out, errs
	restore := func() {}
	if ownGroup != nil {
		restore = ownGroup(cmd, s.Person)
	}
	err := cmd.Run()
	restore()
	switch {
	case out.over:
		clear(out.b)
		return nil, ErrTooBig
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return out.b, nil
	}
	clear(out.b)
	if ctx.Err() != nil {
		return nil, timedOut(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, &exitError{exit.ProcessState.String(), string(errs.b), errs.cut}
	}
	return nil, fmt.Errorf("starting it: %w", withoutPath(err))
}

// boundedOut keeps what is written in memory that is cleared when it is
// outgrown, and calls full instead of growing past max.
type boundedOut struct {
	b    []byte
	max  int
	over bool
	full func()
}

func (o *boundedOut) Write(p []byte) (int, error) {
	if len(o.b)+len(p) > o.max {
		o.over = true
		o.full()
		return 0, io.ErrShortWrite
	}
	if need := len(o.b) + len(p); need > cap(o.b) {
		grown := make([]byte, len(o.b), max(4096, 2*need))
		copy(grown, o.b)
		clear(o.b)
		o.b = grown
	}
	o.b = append(o.b, p...)
	clear(p) // the copier's buffer
	return len(p), nil
}

// headOnly keeps the first max bytes and lets the rest go.
type headOnly struct {
	b   []byte // no embedded bytes.Buffer: io.Copy would find its ReadFrom
	max int
	cut bool
}

func (h *headOnly) Write(p []byte) (int, error) {
	room := min(h.max-len(h.b), len(p))
	h.cut = h.cut || room < len(p)
	h.b = append(h.b, p[:room]...)
	return len(p), nil
}
