package e2e

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// What a terminal sends when wg-run is about to start the worker comes to wg-run alone, and is not
// lost.
func TestParentSignalledAsItStarts(t *testing.T) {
	for keys, want := range map[string]int{"\x03": 128 + 2, "\x1c": 128 + 3} {
		p := newParented(t)
		tty, own, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		code := p.typedBeforeFork(own, func() {
			if _, err := tty.WriteString(keys); err != nil {
				t.Error(err)
			}
		}, strings.Fields(p.bin+" --ref plaintext:k --timeout 30s -- sleep 60")...)
		if code != want {
			t.Errorf("%q typed before the worker is there: status %d, want %d", keys, code, want)
		}
		_, _ = tty.Close(), own.Close()
	}
}

// typedBeforeFork runs a program on a terminal, calls type when it is about to fork, and has it do so when
// it has handled the signal that comes. It returns the exit status, or 128 and the number of the signal.
func (p *place) typedBeforeFork(tty *os.File, typed func(), argv ...string) int {
	p.t.Helper()
	runtime.LockOSThread() // only the thread that began may go on
	defer runtime.UnlockOSThread()
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Env: p.env, Files: []uintptr{tty.Fd(), tty.Fd(), tty.Fd()},
		Sys: &syscall.SysProcAttr{Ptrace: true, Setsid: true, Setctty: true},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	alarm := time.AfterFunc(patience, func() { _ = unix.Kill(pid, unix.SIGKILL) })
	defer alarm.Stop()
	var status unix.WaitStatus
	_, err = unix.Wait4(pid, &status, unix.WALL, nil)
	if err == nil {
		err = unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL)
	}
	if err == nil {
		err = unix.PtraceSyscall(pid, 0)
	}
	forking, handling, calls := 0, 0, 0 // threads, and the handler's calls: one, of which entry and end are told
	for err == nil {
		var tid int
		if tid, err = unix.Wait4(-pid, &status, unix.WALL, nil); err == unix.EINTR {
			err = nil
			continue
		}
		if tid == pid && (status.Exited() || status.Signaled()) {
			if status.Signaled() {
				return 128 + int(status.Signal())
			}
			return status.ExitStatus()
		}
		if err != nil || !status.Stopped() {
			continue
		}
		pass := 0
		switch s := status.StopSignal(); s {
		case unix.SIGTRAP | 0x80:
			if forking == 0 && forks(tid) {
				forking = tid
				typed()
				continue
			}
			if tid == handling {
				if calls++; calls == 2 {
					_ = unix.PtraceSyscall(forking, 0)
				}
			}
		case unix.SIGTRAP, unix.SIGSTOP: // a thread begins
		case unix.SIGINT, unix.SIGQUIT:
			handling = tid
			pass = int(s)
		default:
			pass = int(s)
		}
		_ = unix.PtraceSyscall(tid, pass)
	}
	p.t.Fatalf("following the program: %v", err)
	return 0
}

// forks reports whether a thread is about to make a child, as vfork(2) does.
func forks(tid int) bool {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return errno == 0 && info.op == atEntry && info.nr == unix.SYS_CLONE && info.args[0]&unix.CLONE_VFORK != 0
}

// A child that is stopped before it executes the program, while a thread of wg-run waits for that, goes on.
func TestParentStoppedAsItStarts(t *testing.T) {
	testrig.Need(t, "strace")
	got := newParented(t).sh(`strace -f -o /dev/null -e trace=getppid -e inject=getppid:signal=TSTP $W true`)
	if want := (result{0, "", ""}); got != want {
		t.Errorf("a child that is stopped before it executes the program = %v, want %v", got, want)
	}
}

// A worker that stops itself at once stays so, although wg-run comes late from its start, and so does wg-run.
func TestParentStopsAtOnce(t *testing.T) {
	testrig.Need(t, "strace")
	s := onShell(t, shells["bash"]...)
	s.says("strace -D -f -o /dev/null -e trace=clone -e inject=clone:delay_exit=50000 $W sh -c 'kill -STOP $$; echo went on.'\n", "prompt> ")
	s.untilStopped()
	s.says("fg\n", "went on.")
	s.until("prompt> ")
	s.noJob("a worker that stops itself")
}
