//go:build amd64 || arm64

package verify

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

const traceOptions = unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL

// start starts the stage and attaches to it. Seizing it, and not having it ask to be
// traced, keeps job control (ptrace(2), "Group-stop").
func (t *tracer) start(p Program) error {
	watched := "none"
	if len(t.options.Watch) > 0 {
		watched = stageFiles
	}
	files := make([]uintptr, len(p.Files))
	for i, f := range p.Files {
		if files[i] = ^uintptr(0); f != nil {
			files[i] = f.Fd()
		}
	}
	argv := append([]string{stageName, watched, p.Path}, p.Argv...)
	attr := &syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Files: files, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}}
	t.began.Store(time.Now().UnixNano()) // until its own exec
	pid, err := syscall.ForkExec("/proc/self/exe", argv, attr)
	runtime.KeepAlive(p)
	if err != nil {
		return fmt.Errorf("starting what becomes the worker: %w", err)
	}
	var status unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &status, unix.WUNTRACED|unix.WALL, nil); err != unix.EINTR {
			break
		}
	}
	if err != nil || !status.Stopped() {
		return errors.New("starting what becomes the worker: it ended before it could be followed")
	}
	if err := seize(pid); err != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
		_, _ = unix.Wait4(pid, nil, unix.WALL, nil)
		return hint.Add(fmt.Errorf("following the worker: %w", err), "is ptrace(2) forbidden here? see /proc/sys/kernel/yama/ptrace_scope, or the container's seccomp profile")
	}
	t.stage = pid
	t.add(pid)
	return unix.Kill(pid, unix.SIGCONT)
}

func seize(pid int) error { return ptrace(unix.PTRACE_SEIZE, pid, 0, traceOptions) }

func ptrace(request, pid int, address, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// notStarted is the error of a stage that ended as what it was.
func (t *tracer) notStarted() error {
	switch {
	case t.code == stageFilters:
		return errors.New("following the worker: adding a seccomp filter: the system refuses it")
	case t.code <= 0 || t.code >= stageCannot:
		return fmt.Errorf("%w: it was ended before", ErrNotStarted)
	}
	return fmt.Errorf("%w %s: %w", ErrNotStarted, t.report.clean(t.report.Worker.Program), unix.Errno(t.code))
}
