//go:build amd64 || arm64

package verify

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
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
