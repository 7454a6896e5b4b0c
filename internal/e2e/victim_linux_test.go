package e2e

import (
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// changing are the system calls with which a program changes what others can see:
// files, folders, locks, and what it sends to a daemon. The state is the same from
// one of them to the next. An openat counts if it can make a file.
var changing = []uint64{
	unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_PWRITE64, unix.SYS_PWRITEV, unix.SYS_PWRITEV2, unix.SYS_SENDTO, unix.SYS_SENDMSG,
	unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_MKDIRAT, unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE,
	unix.SYS_FALLOCATE, unix.SYS_FLOCK, unix.SYS_COPY_FILE_RANGE,
}

// syscallInfo is what PTRACE_GET_SYSCALL_INFO tells at the entry of a call.
type syscallInfo struct {
	op   uint8
	_    [3]uint8
	arch uint32
	ip   uint64
	sp   uint64
	nr   uint64
	args [6]uint64
}

const (
	ptraceGetSyscallInfo = 0x420e
	atEntry              = 1
)

func changesSomething(tid int) bool {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != atEntry {
		return false
	}
	return slices.Contains(changing, info.nr) || info.nr == unix.SYS_OPENAT && info.args[2]&(unix.O_CREAT|unix.O_TRUNC) != 0
}

// killedAt runs a command and kills it, with all of its threads, before it makes
// the n-th call of changing. (strace counts each thread's calls apart, and Go moves
// from thread to thread.) It reports whether it came to that, else how it ended.
func (p *place) killedAt(n int, stdin string, args ...string) (killed bool, end result) {
	p.t.Helper()
	files := make([]*os.File, 3)
	for i := range files {
		f, err := os.CreateTemp(p.t.TempDir(), "std")
		if err == nil && i == 0 {
			_, err = f.WriteAt([]byte(stdin), 0)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		files[i] = f
	}
	runtime.LockOSThread() // only the thread that began may go on
	defer runtime.UnlockOSThread()
	pid, err := syscall.ForkExec(p.bin, append([]string{p.bin}, args...), &syscall.ProcAttr{
		Env:   append([]string{"GOMAXPROCS=1", "GOGC=off"}, p.env...), // the same calls each time
		Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
		Sys:   &syscall.SysProcAttr{Ptrace: true, Setpgid: true},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	killed, end.code = p.follow(pid, n)
	stderr, err := os.ReadFile(files[2].Name())
	if err != nil {
		p.t.Fatal(err)
	}
	end.stderr = string(stderr)
	return killed, end
}

// follow lets a traced program run on from call to call. Its process group is what
// tells its threads from the other children of this process.
func (p *place) follow(pid, n int) (killed bool, code int) {
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, unix.WALL, nil)
	if err == nil {
		err = unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL)
	}
	if err == nil {
		err = unix.PtraceSyscall(pid, 0)
	}
	for seen := 0; err == nil; {
		var tid int
		if tid, err = unix.Wait4(-pid, &status, unix.WALL, nil); err == unix.EINTR {
			err = nil
			continue
		}
		if tid == pid && (status.Exited() || status.Signaled()) {
			return killed, status.ExitStatus()
		}
		if err != nil || !status.Stopped() {
			continue
		}
		pass := 0
		switch s := status.StopSignal(); s {
		case unix.SIGTRAP | 0x80:
			if changesSomething(tid) {
				if seen++; seen == n {
					killed = unix.Kill(pid, unix.SIGKILL) == nil
				}
			}
		case unix.SIGTRAP, unix.SIGSTOP: // a thread begins
		default:
			pass = int(s)
		}
		_ = unix.PtraceSyscall(tid, pass) // of one that was killed: no such process
	}
	p.t.Fatalf("following the program: %v", err)
	return false, 0
}
