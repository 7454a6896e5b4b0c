//go:build amd64 || arm64

package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func proc(tid int, file string) string { return "/proc/" + strconv.Itoa(tid) + "/" + file }

// mostText is more than the kernel lets arguments and environment be together.
const mostText = 8 << 20

func readProc(tid int, file string) ([]byte, error) {
	f, err := os.Open(proc(tid, file))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, mostText))
}

// tgidOf is the process that a thread belongs to.
func tgidOf(tid int) int {
	status, _ := readProc(tid, "status")
	_, rest, _ := bytes.Cut(status, []byte("\nTgid:\t"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if tgid, err := strconv.Atoi(string(line)); err == nil {
		return tgid
	}
	return tid
}

// programOf is the name of the file that a process has executed, as far as the kernel
// keeps it (TASK_COMM_LEN): a script's own, too.
func programOf(tid int) string {
	name, err := readProc(tid, "comm")
	if err != nil {
		return "a program"
	}
	return strings.TrimSuffix(string(name), "\n")
}

// texts searches arguments and environment as they are in the process now, which is what
// others can read.
func (t *tracer) texts(k *task, when string) {
	argv, err := readProc(k.tid, "cmdline")
	t.unreadable(k, "the arguments", when, err)
	environ, err := readProc(k.tid, "environ")
	if when == atEnd && errors.Is(err, os.ErrPermission) { // looked at when it was executed; since then it is closed to others, too
		err = nil
	}
	t.unreadable(k, "the environment", when, err)
	for _, n := range t.report.canaries {
		if n.inParts(argv) != "" {
			t.inTexts(n, k, when, InArgv, argv)
		}
		if n.inParts(environ) != "" {
			t.inTexts(n, k, when, InEnvironment, environ)
		}
	}
}

// unreadable says that a text could not be looked at, unless the process is gone.
func (t *tracer) unreadable(k *task, what, when string, err error) {
	if err == nil || errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return
	}
	t.report.notSeen(fmt.Sprintf("%s of %s %s: %v", what, k.program, when, errors.Unwrap(err)))
}

// inTexts reports each part of the text that holds the canary, or all of it where it is
// spread over several.
func (t *tracer) inTexts(n needle, k *task, when, where string, text []byte) {
	found := false
	for i, part := range bytes.Split(text, []byte{0}) {
		form := n.in(string(part))
		if form == "" {
			continue
		}
		found = true
		detail := fmt.Sprintf("argument %d", i)
		if where == InEnvironment {
			name, _, _ := strings.Cut(string(part), "=")
			detail = "variable " + name
		}
		t.report.leak(Leak{n.name, where, detail, form, k.program, k.tgid, when, seconds(t.since())})
	}
	if !found {
		t.report.leak(Leak{n.name, where, "several together", n.inParts(text), k.program, k.tgid, when, seconds(t.since())})
	}
}

// descriptors reports those of a process behind which the canary can still be read.
func (t *tracer) descriptors(o *object, k *task, when string) {
	if !o.holds() {
		return
	}
	list, err := os.ReadDir(proc(k.tid, "fd"))
	t.unreadable(k, "the descriptors", when, err)
	for _, e := range list {
		if n, err := strconv.Atoi(e.Name()); err == nil && o.behind(k.tid, n) {
			t.report.leak(Leak{o.canary.Name, InDescriptor, "descriptor " + e.Name(), "", k.program, k.tgid, when, seconds(t.since())})
		}
	}
}

// copies reports descriptors of a process behind which is a copy of a canary: in a memory
// file, or in one whose name is gone, as some shells make of what follows "<<".
func (t *tracer) copies(k *task, when string) {
	list, _ := os.ReadDir(proc(k.tid, "fd")) // what cannot be read descriptors says
	for _, e := range list {
		link := proc(k.tid, "fd/"+e.Name())
		name, err := os.Readlink(link)
		if err != nil || !strings.HasSuffix(name, " (deleted)") || t.isCanary(k.tid, e.Name()) {
			continue
		}
		f, err := openRegular(link)
		if err != nil || f == nil {
			t.unreadable(k, "a file without a name that is open", when, err)
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, mostText))
		_ = f.Close()
		if err != nil || len(text) == mostText {
			t.report.notSeen(fmt.Sprintf("all of a file without a name that %s has open %s", k.program, when))
		}
		for _, n := range t.report.canaries {
			if form := n.in(string(text)); form != "" {
				t.report.leak(Leak{n.name, InDescriptor, "descriptor " + e.Name() + ", a copy in " + name, form, k.program, k.tgid, when, seconds(t.since())})
			}
		}
	}
}

func (t *tracer) isCanary(tid int, number string) bool {
	n, _ := strconv.Atoi(number)
	return slices.ContainsFunc(t.objects, func(o *object) bool { return o.behind(tid, n) })
}
