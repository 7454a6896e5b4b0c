package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// obeying is a dispatcher that does what the test says, line by line: $0 is wg-run, and
// what goes to stderr goes to $1.
const obeying = `while IFS= read -r line; do eval "$line" </dev/null 2>"$1"; code=$?; echo; echo "=> $code"; done`

// dispatcher is one beside its broker.
type dispatcher struct {
	p      *place
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errs   string
	broker int // its process
	socket string
	pidfd  int // of the broker
	ended  bool
}

// brokered is a place whose brokers have a folder of their own, with a short path.
func brokered(t testing.TB, files map[string]string, env ...string) *place {
	t.Helper()
	return newPlace(t, files, append(env, "XDG_RUNTIME_DIR="+shortDir(t))...)
}

func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wg-b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// open is a folder for whoever runs wg-run.
func (p *place) open() string {
	p.t.Helper()
	dir := shortDir(p.t)
	if p.as != nil {
		if err := os.Chown(dir, int(p.as.Uid), int(p.as.Gid)); err != nil {
			p.t.Fatal(err)
		}
	}
	return dir
}

// dispatch starts wg-run broker with these flags and a dispatcher that obeys.
func (p *place) dispatch(flags ...string) *dispatcher {
	p.t.Helper()
	return p.dispatchWith(nil, flags...)
}

// dispatchWith hands it a descriptor, too, as 3.
func (p *place) dispatchWith(more *os.File, flags ...string) *dispatcher {
	p.t.Helper()
	d := &dispatcher{p: p, errs: filepath.Join(p.open(), "stderr")}
	argv := append(append([]string{"broker"}, flags...), "--", "sh", "-c", obeying, p.bin, d.errs)
	d.cmd = exec.Command(p.bin, argv...)
	d.cmd.Env, d.cmd.Dir = p.env, "/"
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.as}
	if more != nil {
		d.cmd.ExtraFiles = []*os.File{more}
	}
	startErrs, err := os.Create(d.errs + ".start")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = startErrs.Close() }()
	d.cmd.Stderr = startErrs
	d.in, err = d.cmd.StdinPipe()
	var out io.Reader
	if err == nil {
		out, err = d.cmd.StdoutPipe()
	}
	if err == nil {
		err = d.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	d.out = bufio.NewReader(out)
	alarm := time.AfterFunc(2*testrig.Watchdog, func() { _ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) })
	p.t.Cleanup(func() { alarm.Stop(); d.end() })
	said := d.do(`echo "$WG_BROKER"`)
	fields := strings.SplitN(strings.TrimSpace(said.stdout), ":", 6)
	if len(fields) != 6 {
		p.t.Fatalf("WG_BROKER below wg-run broker is %q, want an address", said.stdout)
	}
	d.broker, _ = strconv.Atoi(fields[0])
	d.socket = fields[5]
	if d.pidfd, err = unix.PidfdOpen(d.broker, 0); err != nil {
		p.t.Fatalf("the broker %d: %v", d.broker, err)
	}
	return d
}

// do has the dispatcher do something.
func (d *dispatcher) do(line string) result {
	d.p.t.Helper()
	if _, err := io.WriteString(d.in, strings.ReplaceAll(line, "\n", " ")+"\n"); err != nil {
		d.p.t.Fatalf("telling the dispatcher %q: %v", line, err)
	}
	var got strings.Builder
	for {
		text, err := d.out.ReadString('\n')
		if err != nil {
			text, _ := os.ReadFile(d.errs + ".start")
			d.p.t.Fatalf("the dispatcher did not end %q: %v; stdout %q, stderr %q", line, err, got.String(), text)
		}
		if code, ok := strings.CutPrefix(text, "=> "); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(code))
			errs, _ := os.ReadFile(d.errs)
			return result{n, strings.TrimSuffix(got.String(), "\n"), string(errs)}
		}
		got.WriteString(text)
	}
}

// worker prints its secret; flags stand before it.
func (d *dispatcher) worker(flags string) result {
	d.p.t.Helper()
	return d.do(`"$0" ` + flags + ` -- sh -c 'cat <&3'`)
}

// gets wants a worker to get that value, from the broker and in silence.
func (d *dispatcher) gets(doing, flags, value string) {
	d.p.t.Helper()
	if got := d.worker(flags); got.code != 0 || got.stdout != value || got.stderr != "" {
		d.p.t.Errorf("%s: a worker = %d, %q, stderr %q; want %q in silence", doing, got.code, got.stdout, got.stderr, value)
	}
}

// fails wants the run of a worker to be refused, soon, and to say why.
func (d *dispatcher) fails(doing, flags, why string) {
	d.p.t.Helper()
	began := time.Now()
	got := d.worker(flags)
	if took := time.Since(began); got.code != 125 || got.stdout != "" || !strings.Contains(got.stderr, why) || took > patience {
		d.p.t.Errorf("%s: a worker = %d, %q, stderr %q, after %v; want 125 and %q", doing, got.code, got.stdout, got.stderr, took, why)
	}
}

// end ends the dispatcher and waits for the broker.
func (d *dispatcher) end() {
	if d.ended {
		return
	}
	d.ended = true
	_ = d.in.Close()
	_ = d.cmd.Wait()
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // what it left in its group
	if d.broker > 0 {
		d.signal(syscall.SIGCONT)
		d.brokerEnded()
		_ = unix.Close(d.pidfd)
	}
}

// signal goes to the broker, if it still is that process.
func (d *dispatcher) signal(s syscall.Signal) {
	if err := unix.PidfdSendSignal(d.pidfd, s, nil, 0); err != nil && err != unix.ESRCH {
		d.p.t.Errorf("sending %v to the broker %d: %v", s, d.broker, err)
	}
}

// brokerEnded waits for the end of the broker.
func (d *dispatcher) brokerEnded() {
	d.p.t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(d.pidfd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			d.p.t.Errorf("the broker %d lives on, %v; want it to end with its dispatcher", d.broker, err)
			d.signal(syscall.SIGKILL)
		}
		return
	}
}

// told is what wg-run broker status --json tells of this broker.
type told struct {
	PID, Dispatcher                          int
	Active                                   string
	Entries, Lookups, Hits, Refused, Workers int
	Locked                                   bool `json:"memory_locked"`
}

func (d *dispatcher) status() told {
	d.p.t.Helper()
	var all struct{ Brokers []told }
	got := d.p.must("", "broker", "status", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &all); err != nil {
		d.p.t.Errorf("broker status --json: %v in %q", err, got.stdout)
	}
	for _, s := range all.Brokers {
		if s.PID == d.broker {
			return s
		}
	}
	d.p.t.Errorf("broker status --json = %q, want the broker %d in it", got.stdout, d.broker)
	return told{}
}

// kib is a line of /proc/PID/status that counts KiB.
func kib(t testing.TB, pid int, name string) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatalf("/proc/%d/status, %s: %v", pid, name, err)
	}
	return n
}
