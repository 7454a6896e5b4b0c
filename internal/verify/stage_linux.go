//go:build amd64 || arm64

package verify

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

func init() { stage = linuxStage }

// Exit codes of a stage that does not become the program: the system's error number is
// one of the execution, and is below them.
const (
	stageCannot  = 201 // stop, or be told apart
	stageFilters = 202 // set its filter
)

// linuxStage waits, stopped, until it is traced, and becomes the program. Its arguments
// are whether files are watched, the program's path, and its argv.
func linuxStage(args []string) int {
	if len(args) < 3 {
		return stageCannot
	}
	runtime.LockOSThread() // the filter is this thread's
	if err := unix.Kill(os.Getpid(), unix.SIGSTOP); err != nil {
		return stageCannot
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0); err != nil { // now the tracer's end ends it
		return stageCannot
	}
	if err := setFilter(args[0] == stageFiles); err != nil {
		return stageFilters
	}
	path, argv := args[1], args[2:]
	err := unix.Exec(path, argv, os.Environ())
	if err == unix.ENOEXEC { // no #! line: as execvp(3) does
		err = unix.Exec("/bin/sh", append([]string{"/bin/sh", path}, argv[1:]...), os.Environ())
	}
	if errno, ok := errors.AsType[unix.Errno](err); ok && errno < stageCannot {
		return int(errno)
	}
	return stageCannot
}

// stageFiles is the stage's first argument where files are watched.
const stageFiles = "files"
