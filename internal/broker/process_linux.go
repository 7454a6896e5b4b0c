package broker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	processOf, marksOf, watched = linuxProcess, linuxMarks, linuxWatch
	ownProc = func() bool {
		self, err := os.Readlink("/proc/self")
		return err == nil && self == strconv.Itoa(os.Getpid())
	}
	tracerOf = func(pid int) (int, error) {
		b, err := readProc(pid, "status")
		tracer, ok := statusField(b, "TracerPid")
		if err == nil && !ok {
			err = errors.New("the kernel does not tell")
		}
		return tracer, err
	}
	// PR_SET_NAME(2const): executed through /proc it would be "exe".
	callMe = func(name string) {
		if b, err := unix.ByteSliceFromString(name); err == nil {
			_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0, 0, 0)
		}
	}
}

// linuxProcess reads /proc/PID/stat (proc_pid_stat(5)): the fields behind the name,
// which may hold anything, a parenthesis too. One that has ended and is only waited for is
// there no more; one whose first thread has ended is, and looks the same but for the
// others.
func linuxProcess(pid int) (process, error) {
	b, err := readProc(pid, "stat")
	if err != nil {
		return process{}, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 20 {
		return process{}, fmt.Errorf("/proc/%d/stat has another form", pid)
	}
	if threads := fields[17]; fields[0] == "Z" && (threads == "0" || threads == "1") {
		return process{}, unix.ESRCH
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, err
	}
	started, err := strconv.ParseUint(fields[19], 10, 64)
	return process{parent, started}, err
}

// linuxMarks reads /proc/PID/status (proc_pid_status(5)). Seccomp_filters is there from
// Linux 5.9 on.
func linuxMarks(pid int) (marks, error) {
	b, err := readProc(pid, "status")
	if err != nil {
		return marks{}, err
	}
	none, ok := statusField(b, "NoNewPrivs")
	if !ok {
		return marks{}, errors.New("the kernel does not tell who has no_new_privs: it is older than Linux 4.10")
	}
	filters, told := statusField(b, "Seccomp_filters")
	if !told && pid != os.Getpid() && tellsFilters() {
		return marks{}, errors.New("the kernel does not tell of all processes which filters they have")
	}
	return marks{none == 1, filters}, nil
}

// tellsFilters reports whether this kernel has Seccomp_filters.
var tellsFilters = sync.OnceValue(func() bool {
	b, err := readProc(os.Getpid(), "status")
	_, ok := statusField(b, "Seccomp_filters")
	return err != nil || ok
})

// statusField is the number behind NAME, the first of several.
func statusField(status []byte, name string) (int, bool) {
	_, rest, ok := bytes.Cut(status, []byte("\n"+name+":"))
	if !ok {
		return 0, false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	first, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte("\t"))
	n, err := strconv.Atoi(string(first))
	return n, err == nil
}

// readProc makes the system calls itself: this is done for every start of a worker.
func readProc(pid int, name string) ([]byte, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/" + name
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	b := make([]byte, 0, 4096)
	for len(b) < maxProc {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return b, nil
		default:
			if b = b[:len(b)+n]; len(b) == cap(b) { // as with hundreds of groups
				b = slices.Grow(b, cap(b))
			}
		}
	}
	return nil, fmt.Errorf("%s: more than %d bytes", path, maxProc)
}

// maxProc bounds a file of /proc, in bytes: 65,536 groups, each of ten digits, fit.
const maxProc = 1 << 20

// linuxWatch holds a pidfd (pidfd_open(2), Linux 5.3), which can be read when the process
// has ended. Looking at it costs a tenth of looking into /proc.
func linuxWatch(i identity) (*watch, error) {
	fd, err := unix.PidfdOpen(i.pid, 0)
	if err == nil && !i.lives() {
		err = unix.ESRCH
	}
	if err != nil {
		return nil, fmt.Errorf("watching process %d: %w", i.pid, err)
	}
	poll := func(timeout int) (n int, err error) {
		for {
			if n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, timeout); err != unix.EINTR {
				return n, err
			}
		}
	}
	return &watch{
		lives: func() bool { n, err := poll(0); return err == nil && n == 0 },
		wait:  func() error { _, err := poll(-1); return err },
	}, nil
}
