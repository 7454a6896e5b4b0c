package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// prying are the ways into a process; the kernel's answer tells whether one is open.
// None does harm.
var prying = []struct {
	name string
	do   func(pid int) error
}{
	{"ptrace", func(pid int) error {
		err := unix.PtraceSeize(pid)
		if err == nil {
			err = unix.PtraceInterrupt(pid)
			_, _ = unix.Wait4(pid, nil, unix.WALL, nil)
			_ = unix.PtraceDetach(pid)
		}
		return err
	}},
	{"memory", func(pid int) error {
		b := make([]byte, 1)
		local := []unix.Iovec{{Base: &b[0]}}
		local[0].SetLen(1)
		_, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: 4096, Len: 1}}, 0)
		return ignore(err, unix.EFAULT)
	}},
	{"mem", read("mem")}, {"environ", read("environ")}, {"maps", read("maps")}, {"auxv", read("auxv")}, {"task", read("task/@/mem")},
	{"fd", func(pid int) error { return leads(target{pid: pid}, "fd/0") }},
	{"pipe", func(pid int) error { return ignore(opens(target{pid: pid}, "fd/3"), unix.ENOENT, unix.ENXIO) }},
	{"exe", func(pid int) error { return leads(target{pid: pid}, "exe") }},
	{"cwd", func(pid int) error { return leads(target{pid: pid}, "cwd") }},
	{"root", func(pid int) error { return leads(target{pid: pid}, "root") }},
	{"pidfd_getfd", func(pid int) error {
		p, err := unix.PidfdOpen(pid, 0)
		if err == nil {
			_, err = unix.PidfdGetfd(p, 0, 0)
			_ = unix.Close(p)
		}
		return err
	}},
	{"signal", func(pid int) error { return unix.Kill(pid, unix.SIGCONT) }},
	{"signal by a pidfd", func(pid int) error {
		p, err := unix.PidfdOpen(pid, 0)
		if err == nil {
			err = unix.PidfdSendSignal(p, unix.SIGCONT, nil, 0)
			_ = unix.Close(p)
		}
		return err
	}},
	{"limits", func(pid int) error {
		var was unix.Rlimit
		err := unix.Prlimit(pid, unix.RLIMIT_CORE, nil, &was)
		if err == nil {
			err = unix.Prlimit(pid, unix.RLIMIT_CORE, &was, nil)
		}
		return err
	}},
}

func read(name string) func(int) error {
	return func(pid int) error {
		return opens(target{pid: pid}, strings.ReplaceAll(name, "@", strconv.Itoa(pid)))
	}
}

func ignore(err error, those ...error) error {
	for _, e := range those {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// pry NAME=PID... tries each way into each, and into the broker's helper and what that
// starts.
func pry(args []string) error {
	runtime.LockOSThread() // ptrace(2) is the thread's
	pids := map[string]int{}
	for _, a := range args {
		name, text, _ := strings.Cut(a, "=")
		pids[name], _ = strconv.Atoi(text)
	}
	for until := time.Now().Add(10 * time.Second); pids["manager"] == 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
		if pids["helper"] = childOf(pids["broker"]); pids["helper"] != 0 {
			pids["manager"] = childOf(pids["helper"])
		}
	}
	for name, pid := range pids {
		for _, way := range prying {
			fmt.Printf("%s %q %v\n", name, way.name, way.do(pid))
		}
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/fd/3", pid)); name == "sibling" && err == nil {
			fmt.Printf("%s %q %s\n", name, "value", b)
		}
	}
	return nil
}

// childOf is a child of a process, 0 if it has none.
func childOf(parent int) int {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		b, _ := os.ReadFile(file)
		if f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:])); len(f) > 1 && f[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			return pid
		}
	}
	return 0
}
