package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// maxStderr bounds what is kept of a program's messages, in bytes.
const maxStderr = 64 << 10

// graceAfterKill is how long output is waited for when the program has ended: what is
// in a session of its own, as an agent that it started, may keep our pipes open.
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
	// quiet are words for variables that keep it from asking in a window of its own.
	quiet []string
	// alone keeps it from asking anybody, also where a person is there.
	alone bool
	// max bounds stdout in bytes; 0 for a secret and a newline.
	max int
	// talk is for what it says, not for a value: stderr comes with stdout.
	talk bool
}

var (
	// errStopped: we would wait for it, and it for the terminal, which it has.
	errStopped = errors.New("it was stopped at the terminal, where it cannot be left waiting, and was ended")
	// errInterrupted: the person does not want it.
	errInterrupted = errors.New("interrupted")
	// errMoreToCome: what still runs could have more to say.
	errMoreToCome = errors.New("it ended before what it started, which may print the rest of the value")
)

// runManager runs a program and returns its stdout. It ends when ctx does, together
// with the program's process group. An exit status other than 0 is an *exitError.
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
	g := group{restore: func() {}, lives: func() bool { return true }}
	if ownGroup != nil {
		g = ownGroup(cmd, s.Person && !j.alone, j.asks && j.input == nil)
	}
	err := run(cmd, g)
	g.restore()
	switch {
	case out.over:
		err = ErrTooBig
	case errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		err = nil
		if !j.talk && !out.complete() && g.lives() {
			err = errMoreToCome
		}
	case err == nil, errors.Is(err, errStopped), errors.Is(err, errInterrupted):
	case ctx.Err() != nil:
		err = timedOut(ctx)
	default:
		err = j.failed(err, out, errs)
	}
	if err != nil {
		clear(out.b)
		return nil, err
	}
	return out.b, nil
}

func (j *job) failed(err error, out *boundedOut, errs *headOnly) error {
	if j.talk {
		errs.b = bytes.Clone(out.b)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &exitError{exit.ProcessState.String(), exit.ExitCode(), string(errs.b), errs.cut}
	}
	return fmt.Errorf("starting it: %w", withoutPath(err))
}

func (j *job) command(ctx context.Context, s *Settings) *exec.Cmd {
	cmd := exec.CommandContext(ctx, j.program, j.argv[1:]...)
	cmd.Args[0] = j.argv[0]
	// The texts in the table are the untranslated ones.
	cmd.Env = append(s.lettingIn(os.Environ(), j.owners), "LC_ALL=C.UTF-8", "LANGUAGE=C")
	for _, q := range j.quiet {
		name, words, _ := strings.Cut(q, "=")
		cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(os.Getenv(name)+" "+words)) // the last one counts
	}
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
