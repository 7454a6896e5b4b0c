package inject

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

// testOnlyHelper chooses what this binary does instead of testing.
const testOnlyHelper = "testOnlyHelper"

// TestMain lets this binary stand for wg-run and for its worker.
func TestMain(m *testing.M) {
	if what := os.Getenv(testOnlyHelper); what != "" {
		os.Exit(helper(what))
	}
	os.Exit(m.Run())
}

// helper is what the binary does as another program.
func helper(what string) int {
	var err error
	switch what {
	case "become": // the worker: NAME=CHANNEL... as secrets
		err = become()
	case "report": // as the worker, what it got
		err = json.NewEncoder(os.Stdout).Encode(look())
	case "dumpable": // when a backend is asked, and before Prepare
		err = sayDumpable()
	case "mask": // a parent that masks
		return maskingParent()
	case "background": // changes the terminal
		err = changeTerminal()
	case "table": // who sees a descriptor that a thread makes for itself
		err = sayTable()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 125
	}
	return 0
}

// become prepares and executes this binary as the worker, with the secrets
// that the arguments name.
func become() error {
	req := Request{Argv: append([]string{os.Args[0]}, os.Args[1:]...), Environ: os.Environ(), Env: []string{testOnlyHelper + "=report"}}
	for _, a := range os.Args[1:] {
		name, via, _ := strings.Cut(a, "=")
		ref, err := new(resolve.Settings).ParseRef("literal:" + secretOf(name))
		if err != nil {
			return err
		}
		req.Secrets = append(req.Secrets, Want{Name: name, Ref: ref, Via: via})
	}
	if err := askIsolation(&req); err != nil {
		return err
	}
	if os.Getenv("testOnlyPoller") != "" {
		held, err := holdLowest()
		if err != nil {
			return err
		}
		req.Env = append(req.Env, "testOnlyHeld="+held)
	}
	p, err := Prepare(context.Background(), shuffled(len(req.Secrets)), req)
	if err != nil {
		return err
	}
	defer p.Close()
	p.Env = append(p.Env, fmt.Sprintf("testOnlyInPlace=%v", p.inPlace()))
	return execOn(p)
}

// shuffled is a resolver that has the last of n secrets opened below all the
// others, so that it sits on the number of another.
func shuffled(n int) *resolve.Resolver {
	var low [4]int
	for i := range low {
		low[i], _ = unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, firstNumber)
	}
	r := &resolve.Resolver{}
	r.Say = func(string) { // literal: speaks before it answers
		if n--; n > 0 {
			return
		}
		for _, fd := range low {
			_ = unix.Close(fd)
		}
	}
	return r
}

// report is what a worker finds.
type report struct {
	PID       int
	Inherited map[int]string // its descriptors from 3 on, and where they lead
	Given     map[string]string
	Values    map[string]string
	Dumpable  int
	Held      string
	Isolation isolation
}

// look lists the descriptors that were inherited, which are those that are not
// close-on-exec, and reads every secret.
func look() report {
	got := report{
		PID: os.Getpid(), Inherited: map[int]string{}, Given: map[string]string{}, Values: map[string]string{},
		Held: os.Getenv("testOnlyHeld"), Isolation: lookAround(),
	}
	got.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	for fd := firstNumber; fd < 1024; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			got.Inherited[fd], _ = os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		}
	}
	for _, a := range os.Args[1:] {
		name, _, _ := strings.Cut(a, "=")
		fdVar, fileVar := fdpass.Variables(name)
		got.Given[name] = os.Getenv(fdVar) + " " + os.Getenv(fileVar)
		value, err := fdpass.Read(name)
		if err != nil {
			value = []byte(err.Error())
		}
		got.Values[name] = string(value)
	}
	return got
}
