package inject

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/resolve"
)

// planted is the secret of these tests.
const planted = "sk-planted-0123456789abcdef"

// maskingParent runs the program that the arguments name, and masks what it prints.
func maskingParent() int {
	runtime.LockOSThread()
	p := &Plan{Deliveries: []Delivery{{Want: Want{Name: "api_key"}, secret: resolve.NewSecret([]byte(planted))}}}
	s, err := openStreams(p, true)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 125
	}
	defer s.close()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGCONT, unix.SIGWINCH, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGTSTP)
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.attr(attr)
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	for fd := range files {
		if f := s.file(fd); f != nil {
			files[fd] = f
		}
	}
	path, err := exec.LookPath(os.Args[1])
	if err != nil {
		return 127
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "PS1=$ ", "KEY=" + planted, "TERM=xterm"}
	child, err := os.StartProcess(path, os.Args[1:], &os.ProcAttr{Files: files, Sys: attr, Env: env})
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 126
	}
	null, _ := unix.Open("/dev/null", unix.O_RDWR, 0)
	_, _ = unix.Dup2(null, 0), unix.Dup2(null, 1)
	s.run(child.Pid)
	return watched(s, child.Pid, signals)
}

func watched(s *streams, child int, signals chan os.Signal) int {
	stopped := false
	for sig := range signals {
		switch sig {
		case unix.SIGCHLD:
		case unix.SIGCONT:
			if stopped {
				stopped = false
				if !s.apart() {
					_ = unix.Kill(child, unix.SIGCONT)
				}
				s.continued()
			}
		case unix.SIGWINCH:
			s.resized()
		case unix.SIGTERM, unix.SIGHUP:
			_ = unix.Kill(child, sig.(unix.Signal))
		}
		for {
			var status unix.WaitStatus
			pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED, nil)
			if err == unix.EINTR {
				continue
			}
			if err != nil || pid <= 0 {
				break
			}
			switch {
			case pid != child:
			case status.Stopped():
				s.stopped()
				stopped = true
				_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
			default:
				s.ended()
				if status.Signaled() {
					return 128 + int(status.Signal())
				}
				return status.ExitStatus()
			}
		}
	}
	return 0
}

// enough ends a test that would hang.
const enough = 20 * time.Second

// masking is a command that runs a script behind a masking parent.
func masking(script string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"sh", "-c", script, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), testOnlyHelper+"=mask")
	return cmd
}

// onPty is a command on a terminal of its own, and what it has shown.
type onPty struct {
	t      *testing.T
	cmd    *exec.Cmd
	tty    *os.File
	out    bytes.Buffer
	before *unix.Termios
}

func startOnPty(t *testing.T, cmd *exec.Cmd) *onPty {
	t.Helper()
	tty, own, err := pty.Open()
	must(t, err)
	must(t, pty.Setsize(tty, &pty.Winsize{Rows: 33, Cols: 77}))
	before := settings(t, tty)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = own, own, own
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, cmd.Start())
	_ = own.Close()
	alarm := time.AfterFunc(enough, func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	t.Cleanup(func() { alarm.Stop(); _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL); _ = tty.Close() })
	return &onPty{t: t, cmd: cmd, tty: tty, before: before}
}

func settings(t *testing.T, tty *os.File) *unix.Termios {
	t.Helper()
	set, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	must(t, err)
	return set
}

// shell is an interactive shell on a terminal, in which $M masks.
func shell(t *testing.T) *onPty {
	t.Helper()
	cmd := exec.Command("bash", "--norc", "--noprofile", "--noediting", "-i")
	cmd.Env = append(os.Environ(), "PS1=$ ", "M=env "+testOnlyHelper+"=mask "+os.Args[0])
	p := startOnPty(t, cmd)
	p.until("$ ")
	return p
}

// until reads until the terminal has shown a text, and forgets what was before.
func (p *onPty) until(text string) string {
	p.t.Helper()
	buf := make([]byte, 4096)
	for {
		if i := bytes.Index(p.out.Bytes(), []byte(text)); i >= 0 {
			return string(p.out.Next(i + len(text)))
		}
		n, err := p.tty.Read(buf)
		if err != nil {
			p.t.Fatalf("waiting for %q: %v; shown: %q", text, err, p.out.String())
		}
		p.out.Write(buf[:n])
	}
}

func (p *onPty) typed(keys string) {
	p.t.Helper()
	_, err := p.tty.WriteString(keys)
	must(p.t, err)
}

// rest reads to the end, and returns that and the exit status.
func (p *onPty) rest() (string, int) {
	buf := make([]byte, 4096)
	for {
		n, err := p.tty.Read(buf)
		p.out.Write(buf[:n])
		if err != nil {
			break
		}
	}
	_ = p.cmd.Wait()
	return p.out.String(), p.cmd.ProcessState.ExitCode()
}

// raw waits until the terminal is raw, or is not.
func (p *onPty) raw(want bool) {
	p.t.Helper()
	for end := time.Now().Add(enough / 2); ; time.Sleep(time.Millisecond) {
		if got := settings(p.t, p.tty).Lflag&unix.ICANON == 0; got == want {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("the terminal is raw: %v, want %v; shown: %q", !want, want, p.out.String())
		}
	}
}

// asBefore wants the terminal to be set as it was.
func (p *onPty) asBefore(doing string) {
	p.t.Helper()
	if got := settings(p.t, p.tty); *got != *p.before {
		p.t.Errorf("%s: the terminal is set %+v, want %+v", doing, got, p.before)
	}
}

func noSecret(t *testing.T, doing, text string) {
	t.Helper()
	if strings.Contains(text, planted[:12]) {
		t.Errorf("%s: the secret is shown: %q", doing, text)
	}
}
