package inject

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func init() { whileForking = linuxWhileForking }

func linuxWhileForking() (over func()) {
	ended, thread := make(chan struct{}), unix.Gettid()
	go func() {
		tick := time.NewTicker(catching)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				haveForkedGoOn(thread)
			}
		}
	}()
	return func() { close(ended) }
}

// haveForkedGoOn has a thread's child go on that is stopped while the thread waits for it, as vfork(2) does. Once
// the child has executed the program the thread does not, and who stops then stays so.
func haveForkedGoOn(thread int) {
	const stopped, waits = "Tt", "D" // of a process that is traced it is t
	task := fmt.Sprintf("/proc/self/task/%d/", thread)
	children, _ := os.ReadFile(task + "children")
	for _, child := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(child)
		if err == nil && strings.Contains(stopped, state("/proc/"+child+"/stat")) && state(task+"stat") == waits {
			_ = unix.Kill(pid, unix.SIGCONT)
		}
	}
}

// state is that of a process or thread (proc_pid_stat(5)), "" for one that is not there.
func state(stat string) string {
	if fields := statFields(stat); len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// statFields are the fields of such a file behind the program's name.
func statFields(stat string) []string {
	text, _ := os.ReadFile(stat)
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}
