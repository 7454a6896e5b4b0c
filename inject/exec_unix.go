//go:build unix

package inject

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// firstNumber is the lowest descriptor that a worker gets; below are the
// standard ones.
const firstNumber = 3

// ownTable, where the platform has it, gives the calling thread a descriptor
// table of its own.
var ownTable func() error

// freeNumbers returns the n lowest numbers from 3 on that the worker will find
// free: closed now, or closed by execve. The latter are the Go runtime's own and
// ours, and may be taken only where ownTable keeps the runtime from noticing.
func freeNumbers(n int) ([]int, error) {
	numbers := make([]int, 0, n)
	for fd := firstNumber; len(numbers) < n; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		switch {
		case err == unix.EBADF, err == nil && ownTable != nil && flags&unix.FD_CLOEXEC != 0:
			numbers = append(numbers, fd)
		case err != nil:
			return nil, err
		}
	}
	return numbers, nil
}

// Exec becomes the worker and returns only on failure, with an error wrapping
// ErrNotExecutable or ErrNoWorker. The process keeps its pid, folder, umask,
// limits, terminal and the caller's descriptors.
func (p *Plan) Exec() error {
	place := p.keep
	if !p.inPlace() {
		// A collection on this thread would poll a descriptor that is the worker's
		// by then, and end the process; there is nothing left to collect for. Turning
		// it off waits for one that runs, so the limit, which starts one, goes first.
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(-1)
		holdThread() // this thread's descriptors are not the others'
		place = p.place
	}
	if err := place(); err != nil {
		return fmt.Errorf("placing descriptors: %w", err)
	}
	if err := p.enter(); err != nil { // last: the runtime's other threads stay as they are
		return err
	}
	return p.execute()
}

func (p *Plan) execute() error {
	err := unix.Exec(p.Path, p.Argv, p.Env)
	if err == unix.ENOEXEC { // no #! line: as execvp(3) does
		argv := append([]string{"/bin/sh", p.Path}, p.Argv[1:]...)
		err = unix.Exec("/bin/sh", argv, p.Env)
	}
	return p.Failed(err)
}

// Failed says why the program was not executed, of the error of execve(2): it wraps ErrNoWorker or ErrNotExecutable.
func (p *Plan) Failed(err error) error {
	condition := ErrNotExecutable
	if errors.Is(err, unix.ENOENT) {
		if executable(p.Path) == nil {
			return hint.Add(fmt.Errorf("executing %s: its interpreter: %w", names.ShowPath(p.Path), ErrNoWorker),
				"see its first line: "+hint.Command("head", "-1", orFile(p.Path))+" | cat -A (a ^M there comes from Windows)")
		}
		condition = ErrNoWorker
	}
	return fmt.Errorf("executing %s: %w: %w", names.ShowPath(p.Path), condition, err)
}

// inPlace reports whether every file sits on its number already, as the first
// descriptors that a process opens do. Then no thread and no table of its own
// are needed.
func (p *Plan) inPlace() bool {
	for _, f := range p.placed() {
		if int(f.file.Fd()) != f.number {
			return false
		}
	}
	return true
}

// keep lets the files survive execve where they are.
func (p *Plan) keep() error {
	if err := p.shut(); err != nil {
		return err
	}
	for _, f := range p.placed() {
		if _, err := unix.FcntlInt(uintptr(f.number), unix.F_SETFD, 0); err != nil {
			return err
		}
	}
	return nil
}

// shut keeps the descriptors of dropped credentials from the worker; standard
// input becomes /dev/null, since a worker may rely on its being open.
func (p *Plan) shut() error {
	for _, fd := range p.closing {
		if fd >= firstNumber {
			unix.CloseOnExec(fd)
			continue
		}
		null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := duplicate(null, fd); err != nil {
			return err
		}
	}
	return nil
}

// place gives each file its number. The files are moved out of the way first,
// since one may sit on another's number.
func (p *Plan) place() error {
	if ownTable != nil {
		if err := ownTable(); err != nil {
			return fmt.Errorf("getting a descriptor table of our own: %w", err)
		}
	}
	files, above := p.placed(), firstNumber
	for _, f := range files {
		above = max(above, f.number+1)
	}
	moved := make([]int, len(files))
	for i, f := range files {
		var err error
		if moved[i], err = unix.FcntlInt(f.file.Fd(), unix.F_DUPFD_CLOEXEC, above); err != nil {
			return err
		}
	}
	if err := p.shut(); err != nil {
		return err
	}
	for i, fd := range moved {
		if err := duplicate(fd, files[i].number); err != nil {
			return err
		}
	}
	return nil
}
