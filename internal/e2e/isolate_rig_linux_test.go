package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// testOnlyRole has this binary play a part instead of testing: a dispatcher, one of
// its processes, or a worker that attacks them.
const testOnlyRole = "testOnlyRole"

func init() {
	playRole = func() bool {
		role, ok := map[string]func([]string) error{
			"dispatch": dispatch, "victim": victim, "attack": attack,
			"ask": ask, "pry": pry, "reap": reap, "pretend": pretend, "recycle": recycle, "limit": limit, "cores": cores,
		}[os.Getenv(testOnlyRole)]
		if !ok {
			return false
		}
		if err := role(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, os.Getenv(testOnlyRole)+":", err)
			os.Exit(1)
		}
		return true
	}
}

// treasure is what is looked for in another's memory.
var treasure = [16]byte{'t', 'r', 'e', 'a', 's', 'u', 'r', 'e'}

// target is a process and what it has: pid, the treasure's address, a descriptor.
type target struct {
	pid, fd int
	address uintptr
}

// expose makes this process as open as it can be: Yama is not what is tested.
func expose() (target, error) {
	signal.Ignore(syscall.SIGTERM)
	_ = unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0) // PR_SET_PTRACER_ANY
	var p [2]int
	err := unix.Pipe2(p[:], unix.O_CLOEXEC)
	return target{os.Getpid(), p[0], uintptr(unsafe.Pointer(&treasure))}, err
}

// victim waits for the end of its standard input.
func victim([]string) error {
	t, err := expose()
	if err != nil {
		return err
	}
	fmt.Println(t.pid, t.fd, t.address)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// role is a command that plays a role, behind the words of before.
func role(name string, before []string, args ...string) (*exec.Cmd, context.CancelFunc) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	argv := append(append(append([]string(nil), before...), self), args...)
	ctx, cancel := context.WithTimeout(context.Background(), testrig.Watchdog)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), testOnlyRole+"="+name)
	cmd.Stderr = os.Stderr
	return cmd, cancel
}

// newVictim starts one, behind the words of before.
func newVictim(before ...string) (name string, end func(), err error) {
	cmd, cancel := role("victim", before)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", cancel, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", cancel, err
	}
	if err = cmd.Start(); err != nil {
		return "", cancel, err
	}
	end = func() { _ = in.Close(); _ = cmd.Wait(); cancel() }
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), end, err
}

// dispatch WG-RUN [--isolate] starts a plain process, an isolated worker, and a worker
// that attacks them and their dispatcher.
func dispatch(args []string) error {
	me, err := expose()
	if err != nil {
		return err
	}
	run := []string{args[0], "--ref", "plaintext:a"}
	plain, end, err := newVictim()
	defer end()
	if err != nil {
		return err
	}
	sibling, end, err := newVictim(append(run[:3:3], "--isolate", "--")...)
	defer end()
	if err != nil {
		return err
	}
	cmd, cancel := role("attack", append(append(run[:3:3], args[1:]...), "--"), args[0],
		"dispatcher "+fmt.Sprint(me.pid, " ", me.fd, " ", me.address), "sibling "+sibling, "plain "+plain)
	defer cancel()
	cmd.Stdout = os.Stdout
	return cmd.Run()
}

// attack WG-RUN "NAME PID FD ADDRESS"... tries each, and children of its own.
func attack(args []string) error {
	runtime.LockOSThread() // ptrace(2) is the thread's
	child, end, err := newVictim()
	defer end()
	if err != nil {
		return err
	}
	below, end, err := newVictim(args[0], "--ref", "plaintext:a", "--isolate", "--")
	defer end()
	if err != nil {
		return err
	}
	for _, a := range append(args[1:], "child "+child, "below "+below) {
		var name string
		var t target
		if _, err := fmt.Sscan(a, &name, &t.pid, &t.fd, &t.address); err != nil {
			return fmt.Errorf("%q: %w", a, err)
		}
		for _, try := range attempts {
			answer := "done"
			if err := try.do(t); err != nil {
				answer = strings.ReplaceAll(err.Error(), " ", "_")
			}
			fmt.Println(name, try.name, answer)
		}
	}
	return nil
}
