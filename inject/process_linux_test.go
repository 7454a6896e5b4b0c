package inject

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/resolve"
)

// holdLowest has the Go runtime open its poller on the lowest free numbers, go
// on using it, and says what is there.
func holdLowest() (string, error) {
	const far = 100
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return "", err
	}
	for i, fd := range p {
		if err := unix.Dup3(fd, far+i, unix.O_CLOEXEC); err != nil {
			return "", err
		}
		if err := unix.Close(fd); err != nil {
			return "", err
		}
	}
	// The first file that can be polled makes the poller.
	r, w := os.NewFile(far, "reading"), os.NewFile(far+1, "writing")
	go func() {
		for b := []byte{0}; ; {
			_, _ = w.Write(b)
			_, _ = r.Read(b)
		}
	}()
	go func() { _, _ = r.Read(make([]byte, 1)) }()
	var held []string
	for fd := firstNumber; fd < far; fd++ {
		if link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil && strings.HasPrefix(link, "anon_inode:") {
			held = append(held, strconv.Itoa(fd))
		}
	}
	return strings.Join(held, " "), nil
}

// sayDumpable prints whether other processes may look into this one: before,
// and when a backend is asked.
func sayDumpable() error {
	say := func(when string) {
		n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		fmt.Println(when, n, err)
	}
	say("before")
	r := &resolve.Resolver{}
	r.Say = func(string) { say("asked") }
	ref, err := new(resolve.Settings).ParseRef("literal:" + secretOf("api_key"))
	if err != nil {
		return err
	}
	p, err := Prepare(context.Background(), r, Request{Secrets: []Want{{Name: "api_key", Ref: ref}}, Argv: []string{os.Args[0]}, Environ: os.Environ()})
	if err != nil {
		return err
	}
	p.Close()
	say("after")
	return nil
}

// sayTable runs in a process of its own: a thread whose table differs must not
// go back to the tests.
func sayTable() error {
	const number = 200
	open := func() bool {
		_, err := unix.FcntlInt(number, unix.F_GETFD, 0)
		return err == nil
	}
	runtime.LockOSThread()
	if err := ownTable(); err != nil {
		return err
	}
	if err := duplicate(0, number); err != nil {
		return err
	}
	theirs := make(chan bool)
	go func() { theirs <- open() }()
	fmt.Printf("this thread %v, others %v\n", open(), <-theirs)
	return nil
}
