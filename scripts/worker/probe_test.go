//go:build linux

package worker_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// handed is a descriptor as the worker found it.
type handed struct {
	Number int
	Object string // which pipe or file is behind it, see object
}

// process is what another process of this user can see of one.
type process struct {
	Environ, Cmdline []string
	Open             map[int]string // number -> object
}

// report is what the probe saw as the worker's child, after the worker had read.
type report struct{ Worker, Child process }

// probe is what the test binary does when a test starts it as a program:
//
//	probe before FILE WORKER [ARG...]   note what was handed over, become the worker
//	probe after FILE                    note the caller and itself
func probe(args []string) error {
	switch {
	case len(args) > 2 && args[0] == "before":
		if err := noteHanded(args[1]); err != nil {
			return err
		}
		return syscall.Exec(args[2], args[2:], os.Environ())
	case len(args) == 2 && args[0] == "after":
		worker, err := look(os.Getppid())
		if err != nil {
			return err
		}
		child, err := look(os.Getpid())
		if err != nil {
			return err
		}
		return writeJSON(args[1], report{worker, child})
	}
	return fmt.Errorf("probe: unknown arguments %q", args)
}

func noteHanded(file string) error {
	found := map[string]handed{}
	for _, e := range os.Environ() {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "WG_") || !strings.HasSuffix(name, "_FD") {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		o, err := object("/proc/self/fd/" + value)
		if err != nil {
			return err
		}
		found[name] = handed{n, o}
	}
	return writeJSON(file, found)
}

func look(pid int) (p process, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	if p.Environ, err = list(dir + "/environ"); err != nil {
		return p, err
	}
	if p.Cmdline, err = list(dir + "/cmdline"); err != nil {
		return p, err
	}
	links, err := filepath.Glob(dir + "/fd/*")
	p.Open = map[int]string{}
	for _, link := range links {
		o, err := object(link)
		if os.IsNotExist(err) {
			continue // the one that lists the folder
		}
		if err != nil {
			return p, err
		}
		n, _ := strconv.Atoi(filepath.Base(link))
		p.Open[n] = o
	}
	return p, err
}

func list(file string) ([]string, error) {
	b, err := os.ReadFile(file)
	return strings.Split(string(b), "\x00"), err
}

// object names what a descriptor refers to, whatever its number.
func object(link string) (string, error) {
	fi, err := os.Stat(link)
	if err != nil {
		return "", err
	}
	st := fi.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino), nil
}

func writeJSON(file string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}
