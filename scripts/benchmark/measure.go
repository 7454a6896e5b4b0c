//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

const worker = "/bin/true"

// measure starts every command once a round, one after the other, so that drift
// of the machine hits all alike.
func measure(w *world, list []*row, warmup, rounds int) error {
	return w.measuring(func(attr *syscall.ProcAttr) error {
		if err := measureMemory(list, attr); err != nil {
			return err
		}
		return measureTime(list, attr, warmup, rounds)
	})
}

// measuring has do start commands with what attr says; what they print is seen where one
// fails. No collection of ours is in the middle of a start.
func (w *world) measuring(do func(attr *syscall.ProcAttr) error) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }()
	said, err := os.OpenFile(w.path("stderr"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	debug.SetGCPercent(-1)
	err = do(&syscall.ProcAttr{Dir: w.dir, Files: []uintptr{null.Fd(), null.Fd(), said.Fd()}})
	if err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%w; on stderr: %s", err, bytes.TrimSpace(text))
	}
	return nil
}

func measureTime(list []*row, attr *syscall.ProcAttr, warmup, rounds int) error {
	for i := range warmup + rounds {
		for _, r := range list {
			if r.missing != "" {
				continue
			}
			took, err := start(r.argv(worker), r.with(attr))
			if err != nil {
				return fmt.Errorf("measuring %q: %w", r.name, err)
			}
			if i >= warmup {
				r.walls = append(r.walls, took)
			}
		}
	}
	return nil
}

// with is attr with the row's environment.
func (r *row) with(attr *syscall.ProcAttr) *syscall.ProcAttr {
	its := *attr
	its.Env = r.env
	return &its
}

// start runs a command to its end; the time is from before fork to after wait4.
func start(argv []string, attr *syscall.ProcAttr) (time.Duration, error) {
	began := time.Now()
	pid, err := syscall.ForkExec(argv[0], argv, attr)
	if err != nil {
		return 0, err
	}
	status, _, err := wait(pid)
	took := time.Since(began)
	return took, failed(status, err)
}

func wait(pid int) (status syscall.WaitStatus, usage syscall.Rusage, err error) {
	for {
		_, err = syscall.Wait4(pid, &status, 0, &usage)
		if err != syscall.EINTR {
			return status, usage, err
		}
	}
}

// failed is err, or the command's own failure.
func failed(status syscall.WaitStatus, err error) error {
	if err == nil && status != 0 {
		return fmt.Errorf("its wait status is %#x", uint32(status))
	}
	return err
}
