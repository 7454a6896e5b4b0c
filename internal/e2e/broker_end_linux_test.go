package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A broker ends with its dispatcher, however that ends, and leaves nothing.
func TestBrokerEnds(t *testing.T) {
	t.Parallel()
	for doing, end := range map[string]func(d *dispatcher){
		"exit":    func(d *dispatcher) { _ = d.in.Close() },
		"TERM":    func(d *dispatcher) { _ = d.cmd.Process.Signal(syscall.SIGTERM) },
		"KILL":    func(d *dispatcher) { _ = d.cmd.Process.Kill() },
		"told to": func(d *dispatcher) { d.signal(syscall.SIGTERM) }, // and by itself when it is told to
	} {
		d := brokered(t, someHome).dispatch()
		d.gets(doing, "", key+"-a")
		end(d)
		d.brokerEnded()
		if _, err := os.Stat(filepath.Dir(d.socket)); err == nil {
			t.Errorf("%s: the folder %s is there after that, want it gone", doing, filepath.Dir(d.socket))
		}
	}
}

// While a broker lives nobody else can look into it, and what it was started with is not
// held open: a pipe of the dispatcher's ends when the dispatcher closes it.
func TestBrokerIsClosed(t *testing.T) {
	t.Parallel()
	p := strangers(t, someHome)
	p.env = append(p.env, "XDG_RUNTIME_DIR="+p.open())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	d := p.dispatchWith(w)
	_ = w.Close()
	d.do("exec 3>&-")
	d.gets("while it lives", "", key+"-a")
	_ = r.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Errorf("a pipe that the dispatcher has closed: %v, want its end", err)
	}
	for fd := range 3 {
		if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", d.broker, fd)); err == nil && to != "/dev/null" {
			t.Errorf("the broker's descriptor %d is %s, want /dev/null", fd, to)
		}
	}
	for _, name := range []string{"environ", "mem", "maps"} {
		fi, err := os.Stat(fmt.Sprintf("/proc/%d/%s", d.broker, name))
		if err != nil || fi.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("/proc/PID/%s of the broker: %v, want it to be root's (PR_SET_DUMPABLE)", name, err)
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", d.broker))
	if !bytes.Contains(bytes.Join(bytes.Fields(limits), []byte(" ")), []byte("Max core file size 0 0")) {
		t.Errorf("the broker's limits are %q, %v; want no core file", limits, err)
	}
}

// A pipeline behind a dispatcher ends when it does.
func TestBrokerInPipeline(t *testing.T) {
	t.Parallel()
	p := brokered(t, someHome)
	got := p.exec("", "sh", "-c", `{ "$0" broker -- sh -c 'echo out; echo err >&2; exit 3'; echo "status $?"; } 2>&1 | cat`, p.bin)
	if want := "out\nerr\nstatus 3\n"; got.stdout != want {
		t.Errorf("a dispatcher in a pipeline: %q, %q; want %q", got.stdout, got.stderr, want)
	}
	for argv, want := range map[string]int{"sh -c kill\t-TERM\t$$": -1, "false": 1, "no-such-program": 127, "/etc/passwd": 126} {
		args := []string{"broker", "--"}
		for word := range strings.FieldsSeq(strings.ReplaceAll(argv, "\t", "\x00")) {
			args = append(args, strings.ReplaceAll(word, "\x00", " "))
		}
		if got := p.run("", args...); got.code != want {
			t.Errorf("wg-run broker -- %q = %d, %q; want %d", argv, got.code, got.stderr, want)
		}
	}
}
