package inject

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// isolation is what a worker finds of it.
type isolation struct {
	NoNewPrivs, Filters int    // of /proc/self/status
	Kill                string // what kill(2) says of the parent
	Memory              string // and open(2) of its memory
	InPlace             string // whether the descriptors were
}

func lookAround() isolation {
	got := isolation{NoNewPrivs: status("NoNewPrivs"), Filters: status("Seccomp_filters"), InPlace: os.Getenv("testOnlyInPlace")}
	parent := os.Getppid()
	got.Kill = errno(unix.Kill(parent, 0))
	fd, err := unix.Open("/proc/"+strconv.Itoa(parent)+"/mem", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	got.Memory = errno(err)
	return got
}

func errno(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// status is a number of /proc/self/status, -1 if it is not there.
func status(field string) int {
	data, _ := os.ReadFile("/proc/thread-self/status")
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
				return n
			}
		}
	}
	return -1
}

// askIsolation does what the environment says: no_new_privs beforehand, isolation,
// unrest around it.
func askIsolation(req *Request) error {
	if os.Getenv("testOnlyNoNewPrivs") != "" && !noNewPrivs() {
		runtime.LockOSThread()
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		return unix.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	n, _ := strconv.Atoi(os.Getenv("testOnlyIsolate"))
	req.Isolate = Isolation(n)
	if os.Getenv("testOnlyUnrest") != "" {
		isolate = restless
	}
	return nil
}

// restless isolates, and then lets others have the thread: a goroutine that takes it
// and ends takes it along, so that one which is not locked to it goes on elsewhere.
func restless(i Isolation) error {
	if err := linuxIsolate(i); err != nil {
		return err
	}
	thread := unix.Gettid()
	for range 10 {
		woken := make(chan bool)
		go func() {
			runtime.LockOSThread()
			woken <- true
		}()
		<-woken
	}
	if unix.Gettid() != thread {
		return errors.New("the goroutine moved to a thread that is not isolated")
	}
	return nil
}

// execOn executes the plan, on another thread than the first if the environment says
// so.
func execOn(p *Plan) error {
	if os.Getenv("testOnlyThread") == "" {
		return p.Exec()
	}
	failed := make(chan error)
	go func() {
		for runtime.LockOSThread(); unix.Gettid() == unix.Getpid(); {
			other := make(chan error) // this thread is taken: the next gets another
			go func() { runtime.LockOSThread(); other <- p.Exec() }()
			failed <- <-other
		}
		failed <- p.Exec()
	}()
	return <-failed
}
