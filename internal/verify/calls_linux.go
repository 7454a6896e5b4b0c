//go:build amd64 || arm64

package verify

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// callInfo is struct ptrace_syscall_info of PTRACE_GET_SYSCALL_INFO, ptrace(2), where a
// filter has stopped the process; at the end of a call its result is where the number is.
type callInfo struct {
	op       uint8
	_        [3]uint8
	arch     uint32
	_, _     uint64
	nr       uint64
	args     [6]uint64
	filtered uint32
	_        uint32
}

func info(tid int) (i callInfo, err error) {
	err = ptrace(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(i), uintptr(unsafe.Pointer(&i)))
	return i, err
}

// kindOf goes by the call's number, and not by what the filter says: one that a program
// sets for itself, which has it traced, too, outweighs ours (seccomp(2)).
func kindOf(i callInfo) kind {
	for _, a := range abis {
		for _, c := range a.calls {
			if a.arch == i.arch && uint64(c.number) == i.nr {
				return c.kind
			}
		}
	}
	return 0
}

// called looks at a system call that a task is about to make.
func (t *tracer) called(k *task) {
	i, err := info(k.tid)
	if err != nil || t.worker == 0 {
		return
	}
	k.call, k.args, k.cloned = kindOf(i), i.args, false
	switch k.call {
	case kindClone:
		k.exits = true
		_ = setFirst(k.tid, i.arch, i.args[0]&^unix.CLONE_UNTRACED) // where it fails returned finds out
	case kindClone3:
		k.exits = true
		t.traceable(k)
	case kindRead:
		k.exits = t.canaryOf(k, i.args[0]) != nil
	case kindFrom:
		k.exits = t.canaryOf(k, i.args[1]) != nil
	case kindMap:
		o := t.canaryOf(k, i.args[4])
		k.exits = o != nil && !o.stream
	case kindTrace:
		if r := i.args[0]; r == unix.PTRACE_TRACEME || r == unix.PTRACE_ATTACH || r == unix.PTRACE_SEIZE {
			t.report.notSeen(fmt.Sprintf("what %s (%d) does by tracing others: a process that is followed cannot be traced by another, too", k.program, k.tgid))
		}
	case kindSubmit:
		t.report.notSeen(fmt.Sprintf("what %s (%d) reads and writes by asynchronous I/O (io_submit)", k.program, k.tgid))
	case kindListen:
		if i.args[1]&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
			return
		}
		t.report.notSeen(fmt.Sprintf("system calls that %s (%d) has another process answer (seccomp)", k.program, k.tgid))
	default:
		t.losing(k)
	}
}

// traceable takes CLONE_UNTRACED out of the flags in the process's memory.
func (t *tracer) traceable(k *task) {
	if n := t.flags(k, k.args[0]); n&unix.CLONE_UNTRACED != 0 {
		_, _ = unix.PtracePokeData(k.tid, uintptr(k.args[0]), binary.NativeEndian.AppendUint64(nil, n&^unix.CLONE_UNTRACED))
	}
}

// canaryOf is the object behind a descriptor, if there is something to learn of it yet.
func (t *tracer) canaryOf(k *task, number uint64) *object {
	for _, o := range t.objects {
		if o.full == nil && o.behind(k.tid, int(int32(number))) {
			return o
		}
	}
	return nil
}

// returned looks at what a system call has come to.
func (t *tracer) returned(k *task) {
	if !k.exits {
		return
	}
	k.exits = false
	i, err := info(k.tid)
	result := int64(i.nr)
	if err != nil || result <= 0 && k.call != kindMap {
		return
	}
	switch k.call {
	case kindClone, kindClone3:
		if !k.cloned {
			t.escaped(k, int(result))
		}
	case kindOpen, kindOpenAt, kindOpenHow:
		t.watch.nameless(k, int(result))
	case kindRead:
		t.wasRead(k, k.args[0], int(result))
	case kindFrom:
		t.wasRead(k, k.args[1], int(result))
	case kindMap:
		if failed := result < 0 && result > -4096; !failed {
			t.wasRead(k, k.args[4], mostText) // all of it
		}
	}
}

func (t *tracer) wasRead(k *task, number uint64, n int) {
	if o := t.canaryOf(k, number); o != nil {
		o.read(t, k, n)
	}
}

// escaped is for a child whose parent had its way, in a race with us: it is followed from
// now on, if it can be found.
func (t *tracer) escaped(k *task, child int) {
	t.report.notSeen(fmt.Sprintf("the beginning of a process that %s (%d) started untraced", k.program, k.tgid))
	ours, err := os.Readlink("/proc/self/ns/pid")
	theirs, err2 := os.Readlink(proc(k.tid, "ns/pid_for_children"))
	if err != nil || err2 != nil || ours != theirs || seize(child) != nil {
		t.report.notSeen(fmt.Sprintf("a process that %s (%d) started untraced; it may be running still", k.program, k.tgid))
		return
	}
	t.add(child).program = k.program
	_ = unix.PtraceInterrupt(child)
}
