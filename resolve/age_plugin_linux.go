package resolve

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func init() {
	// What was there before is somebody else's. A plugin may have executed another
	// program, so its name tells nothing.
	newChildren = func() (end func()) {
		before := children()
		return func() {
			for _, pid := range children() {
				if !slices.Contains(before, pid) {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		}
	}
}

// children lists our child processes: proc_pid_task(5), each thread has those that it
// started.
func children() (pids []int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
