package inject

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// Stay starts the worker and waits for it; the code is its exit code. It is attached to our
// console, which tells both of a Ctrl-C: we wait for what the worker makes of it. It gets
// the handles of its secrets and the three standard ones, no other. When we end, the system
// ends it, but not what it has started. A timeout ends it at once: nothing asks a program to
// end here. An error says that nothing was started.
func (p *Plan) Stay(o Stay) (code int, err error) {
	if o.Mask {
		return 0, errMask
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM) // whoever has asked to be told is not ended
	worker, err := p.spawn()
	if err != nil {
		return 0, err
	}
	defer dieTogether(worker)()
	ended := make(chan error, 1)
	var state *os.ProcessState
	go func() {
		var err error
		state, err = worker.Wait()
		ended <- err
	}()
	var timeout <-chan time.Time
	if o.Timeout > 0 {
		timeout = time.After(o.Timeout)
	}
	timedOut := false
	select {
	case err = <-ended:
	case <-timeout:
		timedOut = worker.Kill() == nil
		err = <-ended
	}
	switch {
	case o.Tell == nil:
	case timedOut:
		o.Tell(timeUp(o.Timeout), false)
	case err != nil:
		o.Tell(fmt.Errorf("waiting for the worker: %w", err), false)
	}
	switch unread := p.unread(o.Tell); {
	case err != nil:
		return codeFailed, nil
	case timedOut:
		return CodeTimedOut, nil
	case state.ExitCode() == 0 && unread && o.RequireRead:
		return codeFailed, nil
	}
	return state.ExitCode(), nil
}

// unread says what the worker that has ended did not read, and reports whether there is any.
func (p *Plan) unread(tell func(err error, raw bool)) (any bool) {
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		if d.held == nil || d.held.Unread() < len(d.bytes()) {
			continue
		}
		any = true
		number, _ := fdpass.Variables(d.Name)
		help := "the worker reads the handle $" + number + ", what it starts may not inherit it"
		if d.Channel.Place == fdpass.OnStdin {
			help = "it is the worker's standard input"
		}
		if tell != nil {
			tell(hint.Add(fmt.Errorf("the worker has ended and did not read the secret '%s'", d.Name), help), false)
		}
	}
	return any
}

// spawn starts the worker.
func (p *Plan) spawn() (*os.Process, error) {
	attr := &os.ProcAttr{Env: p.Env, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Sys: &syscall.SysProcAttr{}}
	for _, f := range p.placed() {
		if f.number == 0 {
			attr.Files[0] = f.file
			continue
		}
		h := windows.Handle(f.file.Fd())
		if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
			return nil, fmt.Errorf("placing handles: %w", err)
		}
		attr.Sys.AdditionalInheritedHandles = append(attr.Sys.AdditionalInheritedHandles, syscall.Handle(h))
	}
	path, argv := p.Path, p.Argv
	if isBatch(path) {
		var err error
		if path, attr.Sys.CmdLine, err = batchLine(path, argv[1:]); err != nil {
			return nil, err
		}
	}
	worker, err := os.StartProcess(path, argv, attr)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("executing %s: %w: %w", names.ShowPath(p.Path), ErrNoWorker, err)
	case err != nil:
		return nil, fmt.Errorf("executing %s: %w: %w", names.ShowPath(p.Path), ErrNotExecutable, err)
	}
	return worker, nil
}

func isBatch(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".bat" || ext == ".cmd"
}

// batchLine has cmd.exe run a batch file. Between double quotes it takes all but a few
// characters as they are; those have no writing that every batch file reads the same, and
// are refused.
func batchLine(path string, args []string) (interpreter, line string, err error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return "", "", fmt.Errorf("looking for cmd.exe: %w", err)
	}
	var b strings.Builder
	b.WriteString(`cmd.exe /d /e:on /v:off /s /c "`)
	for i, a := range append([]string{path}, args...) {
		if strings.ContainsAny(a, "\"%\r\n\x00") || strings.HasSuffix(a, `\`) {
			return "", "", hint.Add(fmt.Errorf("argument %d of the worker: cmd.exe, which runs a batch file, would read it in another way: %w", i, ErrNotExecutable),
				"call the program that the batch file calls")
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(`"` + a + `"`)
	}
	b.WriteByte('"')
	return filepath.Join(dir, "cmd.exe"), b.String(), nil
}

// dieTogether has the system end the worker when this process ends, in whatever way. What
// the worker has started is let go of (AssignProcessToJobObject, silent breakaway).
func dieTogether(worker *os.Process) (let func()) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return func() {}
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
		LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK}}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err == nil {
		_ = worker.WithHandle(func(h uintptr) { err = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return func() {}
	}
	return func() { _ = windows.CloseHandle(job) }
}
