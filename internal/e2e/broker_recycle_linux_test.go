package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// tick is longer than the unit in which the kernel notes when a process began.
const tick = 30 * time.Millisecond

// recycle is a dispatcher in a PID namespace that gives a child the number of one that
// has ended.
func recycle([]string) error {
	worker := exec.Command(os.Getenv("W"), "--", "true")
	if err := worker.Run(); err != nil {
		return err
	}
	time.Sleep(tick)
	var out strings.Builder
	err := reuse(worker.Process.Pid, func() *exec.Cmd {
		out.Reset()
		cmd := exec.Command(os.Getenv("W"), "--", "cat", "/dev/fd/3")
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		return cmd
	}, func(cmd *exec.Cmd) { _ = cmd.Wait() })
	fmt.Println("a worker's number", out.String())
	if err != nil {
		return err
	}
	for _, ends := range []bool{false, true} {
		got, err := joined(ends)
		if err != nil {
			return err
		}
		fmt.Println("a connection of", got)
	}
	return nil
}

// reuse starts commands until one has that number, and ends each.
func reuse(pid int, command func() *exec.Cmd, end func(*exec.Cmd)) error {
	for range 100 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0); err != nil {
			return err
		}
		cmd := command()
		if err := cmd.Start(); err != nil {
			return err
		}
		end(cmd)
		if cmd.Process.Pid == pid {
			return nil
		}
	}
	return errors.New("no process gets the number")
}

// joined asks on a connection that a child made while the broker was stopped, and has it
// end, and another child with its number begin, before the broker goes on.
func joined(ends bool) (string, error) {
	broker, _ := strconv.Atoi(strings.Split(os.Getenv("WG_BROKER"), ":")[0])
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	socket := os.NewFile(uintptr(fd), "socket")
	defer func() { _ = socket.Close() }()
	if err := unix.Kill(broker, unix.SIGSTOP); err != nil {
		return "", err
	}
	child := exec.Command(os.Args[0], "join")
	child.Env = append(os.Environ(), testOnlyRole+"=ask")
	child.ExtraFiles, child.Stderr = []*os.File{socket}, os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		return "", err
	}
	_, _ = io.ReadFull(out, make([]byte, 1))
	if ends {
		_ = in.Close()
		_ = child.Wait()
		time.Sleep(tick)
		err = reuse(child.Process.Pid, func() *exec.Cmd { return exec.Command("sleep", "20") }, func(cmd *exec.Cmd) {
			if cmd.Process.Pid != child.Process.Pid {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
		})
	}
	_, _ = socket.Write(request("run", "b"))
	_ = unix.Kill(broker, unix.SIGCONT)
	got := answer(socket)
	_ = in.Close()
	if !ends {
		_ = child.Wait()
	}
	return fmt.Sprintf("ended=%v %s", ends, got), err
}

// join connects a socket that was inherited.
func join(fd int) (string, error) {
	found, _ := filepath.Glob(os.Getenv("D") + "/wg-run/*/*")
	if len(found) == 0 {
		return "", os.ErrNotExist
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: found[0]}); err != nil {
		return "", err
	}
	fmt.Print(".")
	_, _ = io.ReadAll(os.Stdin)
	return "", nil
}

// The number of a process that has ended says nothing about who has it by then.
func TestRecycledNumbers(t *testing.T) {
	testrig.Need(t, "unshare")
	if os.Geteuid() != 0 {
		t.Skip("only root can choose a process's number")
	}
	p := below(t, true, someHome)
	p.env = append(p.env, testOnlyRole+"=recycle")
	got := p.exec("", "unshare", "--pid", "--fork", "--mount-proc", p.bin, "broker", "--", "sh", "-c", "$T")
	want := "a worker's number " + keyA + "\na connection of ended=false " + keyB + "\na connection of ended=true refused\n"
	if got.code != 0 || got.stdout != want || got.stderr != "" {
		t.Errorf("recycling numbers = %d, %q, stderr %q; want %q", got.code, got.stdout, got.stderr, want)
	}
}
