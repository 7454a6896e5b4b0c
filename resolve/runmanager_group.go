package resolve

import (
	"os"
	"os/exec"
)

// group is the process group of a program.
type group struct {
	// terminal says that it has the terminal, and may ask a person there.
	terminal bool
	// restore takes the terminal back.
	restore func()
	// lives reports whether some of it still run.
	lives func() bool
}

// ownGroup puts the command into a process group of its own that is killed as a
// whole. With a person it gets the terminal, also as stdin if that is wanted;
// without one it has none at all. It is nil where the platform has nothing.
var ownGroup func(cmd *exec.Cmd, person, stdin bool) group

// watchStop, where the platform has it, kills the group of a program that is stopped.
// The result waits for the watch's end, and reports whether that was so.
var watchStop func(cmd *exec.Cmd) (stopped func() bool)

// run is cmd.Run, but for what a person's keys may do to a program that asks.
func run(cmd *exec.Cmd, g group) error {
	stopped := func() bool { return false }
	if err := cmd.Start(); err != nil {
		return err
	}
	if g.terminal && watchStop != nil {
		stopped = watchStop(cmd)
	}
	err := cmd.Wait()
	switch {
	case stopped():
		return errStopped
	case g.terminal && wasInterrupted(cmd.ProcessState):
		return errInterrupted
	}
	return err
}

// wasInterrupted reports whether SIGINT ended it, or a shell says so of what it ran.
func wasInterrupted(p *os.ProcessState) bool {
	return p.ExitCode() == 130 || p.ExitCode() == -1 && p.String() == "signal: interrupt"
}
