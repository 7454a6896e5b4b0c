package broker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func init() { processOf, marksOf, watched = darwinProcess, darwinMarks, darwinWatch }

// darwinProcess asks sysctl(3) for kern.proc.pid.
func darwinProcess(pid int) (process, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return process{}, err
	}
	if int(info.Proc.P_pid) != pid {
		return process{}, unix.ESRCH
	}
	t := info.Proc.P_starttime
	return process{int(info.Eproc.Ppid), uint64(t.Sec)*1e6 + uint64(t.Usec)}, nil
}

// darwinMarks: macOS has no mark that a process cannot lay down.
func darwinMarks(int) (marks, error) { return marks{}, nil }

// darwinWatch has a kqueue(2) tell of NOTE_EXIT.
func darwinWatch(i identity) (*watch, error) {
	kq, err := unix.Kqueue()
	if err != nil {
		return nil, fmt.Errorf("watching process %d: %w", i.pid, err)
	}
	unix.CloseOnExec(kq)
	var exit unix.Kevent_t
	unix.SetKevent(&exit, i.pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	exit.Fflags = unix.NOTE_EXIT
	_, err = unix.Kevent(kq, []unix.Kevent_t{exit}, nil, nil)
	if err == nil && !i.lives() {
		err = unix.ESRCH
	}
	if err != nil {
		_ = unix.Close(kq)
		return nil, fmt.Errorf("watching process %d: %w", i.pid, err)
	}
	return &watch{lives: i.lives, wait: func() error {
		events := make([]unix.Kevent_t, 1)
		for {
			if _, err := unix.Kevent(kq, nil, events, nil); err != unix.EINTR {
				return err
			}
		}
	}}, nil
}
