//go:build amd64 || arm64

package verify

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const sigSyscall = unix.SIGTRAP | 0x80 // PTRACE_O_TRACESYSGOOD

// stopped handles one stop and has the task go on.
func (t *tracer) stopped(tid int, status unix.WaitStatus) {
	k := t.tasks[tid]
	if k == nil { // its own first stop came before its parent's
		k = t.add(tid)
	}
	signal, event := status.StopSignal(), int(uint32(status)>>16)
	deliver := unix.Signal(0)
	if t.isEnding() {
		_ = unix.Kill(tid, unix.SIGKILL)
		_ = unix.PtraceCont(tid, 0)
		return
	}
	switch {
	case event == unix.PTRACE_EVENT_STOP:
		if signal != unix.SIGTRAP { // the whole process is stopped, as by ctrl-z
			_ = ptrace(unix.PTRACE_LISTEN, tid, 0, 0)
			return
		}
	case event == unix.PTRACE_EVENT_FORK, event == unix.PTRACE_EVENT_VFORK, event == unix.PTRACE_EVENT_CLONE:
		t.child(k)
	case event == unix.PTRACE_EVENT_EXEC:
		k = t.exec(k)
	case event == unix.PTRACE_EVENT_EXIT:
		t.exiting(k)
	case event == unix.PTRACE_EVENT_SECCOMP:
		t.called(k)
	case event != 0:
	case signal == sigSyscall:
		t.returned(k)
	default:
		deliver = signal
	}
	goOn := unix.PtraceCont
	if k.exits {
		goOn = unix.PtraceSyscall
	}
	_ = goOn(tid, int(deliver)) // ESRCH: it was killed meanwhile
}

// child notes what a task has started.
func (t *tracer) child(k *task) {
	k.cloned = true
	tid, err := unix.PtraceGetEventMsg(k.tid)
	if err == nil && t.tasks[int(tid)] == nil { // else it was seen first
		t.add(int(tid)).program = k.program
	}
}

// exec looks at a program that has just been executed, and before it runs. A thread that
// executes one becomes the first of its process, and the others are gone.
func (t *tracer) exec(k *task) *task {
	if old, err := unix.PtraceGetEventMsg(k.tid); err == nil && int(old) != k.tid {
		t.remove(int(old))
	}
	k.tgid, k.exits, k.exiting, k.program = k.tid, false, false, programOf(k.tid)
	if t.worker == 0 {
		if k.tid != t.stage {
			return k
		}
		t.worker = k.tid
		t.began.Store(time.Now().UnixNano())
		t.report.Processes = 1
		t.report.Worker.Program, t.report.Worker.PID = t.report.clean(k.program), k.tid
	}
	t.report.Execs++
	t.loses(k)
	t.texts(k, atExec)
	for _, o := range t.objects {
		if o.full != nil || o.first != nil && !o.stream { // of a memory file nothing is gone, and who read a part has as good as all
			t.descriptors(o, k, atExec)
		}
	}
	t.copies(k, atExec)
	return k
}

// loses says of a program that it runs without the privileges that its file gives it: one
// that is traced gets none, unless the tracer has them all (execve(2)).
func (t *tracer) loses(k *task) {
	var st unix.Stat_t
	if err := unix.Stat(proc(k.tid, "exe"), &st); err != nil || unix.Geteuid() == 0 {
		return
	}
	const setGID = unix.S_ISGID | unix.S_IXGRP
	caps, err := unix.Getxattr(proc(k.tid, "exe"), "security.capability", nil)
	if st.Mode&unix.S_ISUID != 0 && int(st.Uid) != unix.Geteuid() || st.Mode&setGID == setGID && int(st.Gid) != unix.Getegid() || err == nil && caps > 0 {
		t.report.notSeen(fmt.Sprintf("what %s does with the privileges of its file: whoever is followed runs without them", k.program))
	}
}

// exiting looks at a task that is about to end, with all that it has still there.
func (t *tracer) exiting(k *task) {
	if t.worker == 0 {
		return
	}
	k.exiting = true
	t.watch.deleted(k.tid)
	for _, o := range t.objects {
		o.look(t)
	}
	if !t.alone(k) {
		return
	}
	t.texts(k, atEnd)
	worker := k.tgid == t.worker && !t.over
	for _, o := range t.objects {
		switch {
		case worker && o.first != nil:
			t.descriptors(o, k, atLast)
		case !worker && o.full != nil && o.full.PID != k.tgid: // who read it ends with it, and is done
			t.descriptors(o, k, atEnd)
		}
	}
	if worker {
		t.copies(k, atLast)
	}
}

// alone says that the task is the last of its process. The first one can be gone long
// before the others.
func (t *tracer) alone(k *task) bool {
	for _, other := range t.tasks {
		if other != k && other.tgid == k.tgid && !other.exiting {
			return false
		}
	}
	return true
}

// ended handles a task that is gone.
func (t *tracer) ended(tid int, status unix.WaitStatus) {
	if k := t.tasks[tid]; k != nil && t.over && t.late.Load() && k.tgid == tid && status.Signal() == unix.SIGKILL {
		t.report.notSeen(fmt.Sprintf("the rest of %s (%d): it outlived the worker, was followed for %v more, and was ended", k.program, tid, t.options.Linger))
	}
	t.remove(tid)
	if tid == t.stage && t.worker == 0 {
		t.code = status.ExitStatus()
		t.end()
	}
	if tid != t.worker || t.over {
		return
	}
	t.over = true
	w := &t.report.Worker
	w.Seconds, w.Exit = seconds(t.since()), status.ExitStatus()
	if status.Signaled() {
		w.Signal = unix.SignalName(status.Signal())
	}
	t.afterwards()
}

// afterwards looks at what outlives the worker, and gives it its time.
func (t *tracer) afterwards() {
	if t.isEnding() || len(t.tasks) == 0 {
		return
	}
	for _, k := range t.tasks {
		for _, o := range t.objects {
			o.look(t)
			t.descriptors(o, k, atLast)
		}
		t.copies(k, atLast)
	}
	time.AfterFunc(t.options.Linger, func() { // where all ends earlier it finds nothing
		t.late.Store(!t.isEnding())
		t.end()
	})
}
