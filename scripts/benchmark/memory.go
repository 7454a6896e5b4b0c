//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

const memoryRuns = 5

// measureMemory takes the median peak of each command. ru_maxrss survives
// execve, and so a child that this process starts begins with this process's own
// peak. Hence a shell forks the command and leaves, and it is handed to us as to
// the nearest subreaper (PR_SET_CHILD_SUBREAPER(2const)): it begins with a few
// hundred KiB of the shell's.
func measureMemory(list []*row, attr *syscall.ProcAttr) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("measuring memory: %w", err)
	}
	for _, r := range list {
		if r.missing != "" {
			continue
		}
		var peaks []int64
		for range memoryRuns {
			peak, err := peakOf(r.argv(worker), r.with(attr))
			if err != nil {
				return fmt.Errorf("measuring the memory of %q: %w", r.name, err)
			}
			peaks = append(peaks, peak)
		}
		slices.Sort(peaks)
		r.rss = peaks[len(peaks)/2]
	}
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
}

func peakOf(argv []string, attr *syscall.ProcAttr) (int64, error) {
	// The command waits until the shell is gone: the shell would reap it.
	const script = `{ read -r go <&4; exec "$@" 3>&- 4<&-; } & echo $! >&3`
	number, told, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer func() { _ = number.Close() }()
	gate, opens, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer func() { _ = opens.Close() }()
	with := *attr
	with.Files = append(slices.Clone(attr.Files), told.Fd(), gate.Fd())
	shell, err := syscall.ForkExec("/bin/sh", append([]string{"sh", "-c", script, "sh"}, argv...), &with)
	_, _ = told.Close(), gate.Close()
	if err != nil {
		return 0, err
	}
	var child int
	if _, err := fmt.Fscan(number, &child); err != nil {
		return 0, fmt.Errorf("reading a pid from a shell: %w", err)
	}
	if _, _, err := wait(shell); err != nil {
		return 0, err
	}
	if _, err := opens.WriteString("\n"); err != nil {
		return 0, err
	}
	status, usage, err := wait(child)
	return usage.Maxrss, failed(status, err)
}
