package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// wgRun starts wg-run with the address of the broker as it is found.
func wgRun(attr *syscall.SysProcAttr) (string, error) {
	found, _ := filepath.Glob(os.Getenv("D") + "/wg-run/*/*")
	if len(found) == 0 {
		return "", os.ErrNotExist
	}
	pid, started, _ := strings.Cut(filepath.Base(filepath.Dir(found[0])), "-")
	cmd := exec.Command(os.Getenv("W"), "--profile", "b", "--", "cat", "/dev/fd/3")
	cmd.Env = append(os.Environ(), "WG_BROKER="+pid+":"+started+"::::"+found[0])
	cmd.SysProcAttr = attr
	var says strings.Builder
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil && strings.Contains(says.String(), "the broker refuses") {
		return "refused", nil
	}
	return string(out), err
}

// orphan has a process ask whose parent has ended.
func orphan(way string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(os.Args[0], "leave-"+way)
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, []*os.File{w}
	err = cmd.Run()
	_ = w.Close()
	got, _ := io.ReadAll(r)
	return strings.TrimPrefix(strings.TrimSpace(string(got)), way+" "), err
}

func left(way string) error {
	cmd := exec.Command(os.Args[0], "left-"+way, fmt.Sprint(os.Getpid()))
	unix.CloseOnExec(3)
	cmd.Stdout, cmd.Stderr = os.NewFile(3, "out"), os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// reap SCRIPT becomes a subreaper, and runs it.
func reap(args []string) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	cmd := exec.Command("sh", "-c", args[0])
	cmd.Env = append(os.Environ(), testOnlyRole+"=ask")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
