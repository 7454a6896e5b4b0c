//go:build unix

package inject

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// dieTogether, where the platform has it, has a child killed when its parent ends.
var dieTogether func(*syscall.SysProcAttr)

// closed is a descriptor that the child does not get.
const closed = ^uintptr(0)

// ownNeed is more than the descriptors that a parent opens, Go's own included: where Go finds none for its
// poller, it ends the process.
const ownNeed = 24

// spare sees that so many can be opened.
func spare() error {
	opened := make([]int, 0, ownNeed)
	defer func() {
		for _, fd := range opened {
			_ = unix.Close(fd)
		}
	}()
	for range ownNeed {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0) // Go sees that there is one
		if err != nil {
			return hint.Add(fmt.Errorf("staying as the worker's parent, which takes %d descriptors: %w", ownNeed, err), "ulimit -n 64")
		}
		opened = append(opened, fd)
	}
	return nil
}

// whileForking, where the platform has it, has a child go on that is stopped before it executes the program,
// until over: it would have a thread of ours wait, which then cannot be stopped, nor hand on what is to
// have the child go on.
var whileForking = func() (over func()) { return func() {} }

// start starts the child from this thread, and lets go of what is only the child's.
func (w *parent) start() error {
	given := givenDescriptors()
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(null) }()
	attr := &syscall.ProcAttr{Env: w.plan.Env, Files: w.plan.table(given, null), Sys: w.sys}
	for fd := range firstNumber {
		if f := w.streams.file(fd); f != nil && !w.plan.has(fd) {
			attr.Files[fd] = f.Fd()
		}
	}
	if dieTogether != nil {
		dieTogether(attr.Sys)
	}
	if err := w.plan.enter(); err != nil {
		return err
	}
	over := whileForking()
	w.child, err = w.plan.fork(attr)
	if over(); err != nil {
		return w.plan.Failed(err)
	}
	markSoon(childThere)
	childStarted()
	w.letGo(given, null)
	return nil
}

// fork executes the program as execute does, in a child.
func (p *Plan) fork(attr *syscall.ProcAttr) (int, error) {
	child, err := syscall.ForkExec(p.Path, p.Argv, attr)
	if err == unix.ENOEXEC { // no #! line: as execvp(3) does
		return syscall.ForkExec("/bin/sh", append([]string{"/bin/sh", p.Path}, p.Argv[1:]...), attr)
	}
	return child, err
}

// has reports whether a file of the plan has that number.
func (p *Plan) has(number int) bool {
	return slices.ContainsFunc(p.placed(), func(f placed) bool { return f.number == number })
}

// table are the child's descriptors by number: what the caller left open, and the files of
// the plan. Above its end the child has all that is not close-on-exec.
func (p *Plan) table(given []int, null int) []uintptr {
	files, size := p.placed(), firstNumber
	for _, f := range files {
		size = max(size, f.number+1)
	}
	table := make([]uintptr, size)
	for fd := range table {
		table[fd] = closed
		if fd < firstNumber || slices.Contains(given, fd) {
			table[fd] = uintptr(fd)
		}
	}
	for _, fd := range p.closing {
		switch {
		case fd < firstNumber: // a worker may rely on its being open
			table[fd] = uintptr(null)
		case fd < size:
			table[fd] = closed
		default:
			unix.CloseOnExec(fd)
		}
	}
	for _, f := range files {
		table[f.number] = f.file.Fd()
	}
	return table
}

// letGo leaves to the child what is the caller's, but standard error: whoever reads from the
// worker sees the end when that has closed it. The numbers stay taken, since a file of
// ours may still believe one its own.
func (w *parent) letGo(given []int, null int) {
	for _, fd := range append([]int{0, 1}, given...) {
		_ = duplicate(null, fd)
		if fd >= firstNumber {
			unix.CloseOnExec(fd)
		}
	}
	w.plan.Close()
}

// givenDescriptors are those from 3 on that our caller left open.
func givenDescriptors() []int {
	var list []int
	for _, fd := range openDescriptors() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 && fd >= firstNumber {
			list = append(list, fd)
		}
	}
	return list
}

// openDescriptors are those that may be open, all up to a limit where nothing lists them.
func openDescriptors() []int {
	var list []int
	entries, err := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			list = append(list, fd)
		}
	}
	if err == nil {
		return list
	}
	const unlisted = 4096
	for fd := range unlisted {
		list = append(list, fd)
	}
	return list
}
