package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// maxStderr bounds what is kept of a program's messages, in bytes.
const maxStderr = 64 << 10

// graceAfterKill is how long output of a killed program's children is waited
// for: one in a session of its own would keep our pipes open.
const graceAfterKill = 200 * time.Millisecond

// job is one call of a program.
type job struct {
	// program is its file, argv what it sees.
	program string
	argv    []string
	// owners are the schemes whose credentials it gets; those of others are not its.
	owners []string
	// input is what it reads on stdin; nil for nothing.
	input []byte
	// asks gives it the terminal as stdin where a person is there.
	asks bool
	// alone keeps it from asking anybody, also where a person is there.
	alone bool
	// max bounds stdout in bytes; 0 for a secret and a newline.
	max int
	// talk is for what it says, not for a value: stderr comes with stdout.
	talk bool
}

// ownGroup puts the command into a process group of its own that is killed as a
// whole. With a person it gets the terminal, also as stdin if that is wanted;
// without one it has none at all. The result takes the terminal back. It is nil
// where the platform has nothing.
var ownGroup func(cmd *exec.Cmd, person, stdin bool) (restore func())

// runManager runs a program and returns its stdout. It ends when ctx does, together
// with all that the program started. An exit status other than 0 is an *exitError.
func runManager(ctx context.Context, s *Settings, j job) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &boundedOut{max: j.max, full: cancel}
	if out.max == 0 {
		out.max = MaxSecret + len("\r\n")
	}
	errs := &headOnly{max: maxStderr}
	cmd := j.command(ctx, s)
	cmd.Stdout, cmd.Stderr = out, errs
	if j.talk {
		cmd.Stderr = out
	}
	restore := func() {}
	if ownGroup != nil {
		restore = ownGroup(cmd, s.Person && !j.alone, j.asks && j.input == nil)
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
	if j.talk {
		errs.b = bytes.Clone(out.b)
	}
	clear(out.b)
	if ctx.Err() != nil {
		return nil, timedOut(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, &exitError{exit.ProcessState.String(), exit.ExitCode(), string(errs.b), errs.cut}
	}
	return nil, fmt.Errorf("starting it: %w", withoutPath(err))
}

func (j *job) command(ctx context.Context, s *Settings) *exec.Cmd {
	cmd := exec.CommandContext(ctx, j.program, j.argv[1:]...)
	cmd.Args[0] = j.argv[0]
	// The texts in the table are the untranslated ones.
	cmd.Env = append(s.lettingIn(os.Environ(), j.owners), "LC_ALL=C.UTF-8", "LANGUAGE=C")
	cmd.WaitDelay = graceAfterKill
	if j.input != nil {
		cmd.Stdin = bytes.NewReader(j.input)
	}
	return cmd
}

// exitError is a program that ended with an exit status other than 0.
type exitError struct {
	status string
	code   int // -1 for a signal
	stderr string
	cut    bool // there was more on stderr
}

func (e *exitError) Error() string { return e.status }

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
