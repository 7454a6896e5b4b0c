//go:build amd64 || arm64

package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

func init() { run = linuxRun }

// tracer follows one program. Its methods run on one thread, which is what the kernel
// calls the tracer, but where they say otherwise.
type tracer struct {
	options Options
	report  *Report
	objects []*object
	watch   *watch
	tasks   map[int]*task
	worker  int  // its pid, 0 before its own exec
	stage   int  // the pid of what becomes it
	code    int  // what the stage said, where it did not
	over    bool // the worker has ended
	began   atomic.Int64
	late    atomic.Bool // Linger was over before all had ended

	mu     sync.Mutex // guards what the deadline's goroutine needs
	ending bool
	pids   map[int]bool
}

// task is one thread of a process that is followed.
type task struct {
	tid, tgid int
	program   string
	// exits says that the end of its system call is waited for: it is call, with args.
	exits bool
	call  kind
	args  [6]uint64
	// cloned says that the system call's child came to us.
	cloned bool
	// exiting says that its end has begun.
	exiting bool
}

const traceOptions = unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL

// linuxRun gives the tracer a thread of its own, which ends with it.
func linuxRun(ctx context.Context, p Program, o Options) (*Report, error) {
	t := &tracer{options: o, report: newReport(p, o), tasks: map[int]*task{}, pids: map[int]bool{}}
	var err error
	if t.objects, err = objects(p, o); err != nil {
		return nil, err
	}
	if t.watch, err = newWatch(t.report, o.Watch); err != nil {
		return nil, err
	}
	defer t.watch.close()
	out, err := t.outputs(&p)
	if err != nil {
		return nil, err
	}
	err = onOwnThread(func() error { return t.run(ctx, p, out) })
	out.drain()
	if err != nil {
		return nil, err
	}
	t.watch.search()
	t.conclude(ctx)
	return t.report, nil
}

func newReport(p Program, o Options) *Report {
	r := &Report{Worker: Worker{Program: p.Path}, Leaks: []Leak{}, NotSeen: []string{}, Notes: []string{}, Watched: []string{}}
	for _, c := range o.Canaries {
		r.canaries = append(r.canaries, newNeedle(c.Name, c.Value))
	}
	return r
}

// run starts the program and follows it until nothing is left.
func (t *tracer) run(ctx context.Context, p Program, out *outputs) error {
	err := t.start(p)
	out.started()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, t.end)()
	t.follow()
	if t.worker == 0 {
		return t.notStarted()
	}
	return nil
}

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

// add begins to follow a task.
func (t *tracer) add(tid int) *task {
	k := &task{tid: tid, tgid: tgidOf(tid), program: programOf(tid)}
	t.tasks[tid] = k
	if k.tgid == tid { // no mere thread
		t.report.Processes++
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pids[tid] = true
	return k
}

func (t *tracer) remove(tid int) {
	delete(t.tasks, tid)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pids, tid)
}

// end ends all that is followed. It may be called from any goroutine, and again. What
// starts meanwhile is ended at its first stop.
func (t *tracer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = true
	for pid := range t.pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

func (t *tracer) isEnding() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ending
}

// follow handles stops until nothing is left. Only this thread's own children are waited
// for: others are somebody else's in this process.
func (t *tracer) follow() {
	for len(t.tasks) > 0 {
		var status unix.WaitStatus
		tid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return
		case status.Stopped():
			t.stopped(tid, status)
		default:
			t.ended(tid, status)
		}
	}
}

func (t *tracer) since() time.Duration { return time.Since(time.Unix(0, t.began.Load())) }

// conclude tells the canaries' stories and comes to the verdict.
func (t *tracer) conclude(ctx context.Context) {
	if err := ctx.Err(); err != nil {
		why := "it was interrupted"
		if errors.Is(err, context.DeadlineExceeded) {
			why = "the time was up"
		}
		t.report.notSeen("the rest of the worker: " + why + ", and all that it had started was ended")
	}
	for _, o := range t.objects {
		if v := o.canary.variable(); v != "" {
			t.report.note(fmt.Sprintf("%s is in the variable %s because its channel is the environment: whatever the worker starts inherits it", o.canary.Name, v))
		}
		s := o.story()
		if s.Read == "unknown" && o.file != nil {
			t.report.notSeen("whether " + s.Name + " was read, and who had it still: the descriptors of some process are closed to us")
		}
		t.report.Secrets = append(t.report.Secrets, s)
	}
	t.report.judge()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
