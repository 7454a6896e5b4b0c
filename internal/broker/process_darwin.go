package broker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func init() { processOf, marksOf, waitFor = darwinProcess, darwinMarks, darwinWait }

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

// darwinWait waits on a kqueue(2) for NOTE_EXIT.
func darwinWait(pid int, ready func() error) error {
	kq, err := unix.Kqueue()
	if err != nil {
		return fmt.Errorf("watching process %d: %w", pid, err)
	}
	defer func() { _ = unix.Close(kq) }()
	var watch unix.Kevent_t
	unix.SetKevent(&watch, pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	watch.Fflags = unix.NOTE_EXIT
	if _, err := unix.Kevent(kq, []unix.Kevent_t{watch}, nil, nil); err != nil {
		return fmt.Errorf("watching process %d: %w", pid, err)
	}
	if err := ready(); err != nil {
		return err
	}
	events := make([]unix.Kevent_t, 1)
	for {
		if _, err := unix.Kevent(kq, nil, events, nil); err != unix.EINTR {
			return err
		}
	}
}
