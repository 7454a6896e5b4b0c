package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func init() {
	endPlugins = func() {
		// proc_pid_task(5): each thread lists the children that it started.
		lists, _ := filepath.Glob("/proc/self/task/*/children")
		for _, list := range lists {
			text, _ := os.ReadFile(list)
			for pid := range strings.FieldsSeq(string(text)) {
				name, _ := os.ReadFile(fmt.Sprintf("/proc/%s/cmdline", pid))
				n, err := strconv.Atoi(pid)
				if err == nil && strings.Contains(string(name), "--age-plugin=") {
					_ = syscall.Kill(n, syscall.SIGKILL)
				}
			}
		}
	}
}
