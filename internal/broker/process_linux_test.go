package broker

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestStatusField(t *testing.T) {
	const status = "Name:\tNoNewPrivs: 1\nState:\tR\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t17\nOdd:\tx\nLast:\t5"
	for name, want := range map[string]int{"NoNewPrivs": 0, "Seccomp": 2, "Seccomp_filters": 17, "Last": 5, "Odd": -1, "Name": -1, "None": -1, "State": -1, "filters": -1} {
		got, ok := statusField([]byte(status), name)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("statusField(%s) = %d, want %d", name, got, want)
		}
	}
}

// A name may hold what the fields behind it begin with.
func TestProcessWithAName(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sleep", ") S 1 1 (", "a) R 7", "(", "\n) 1"} {
		link := filepath.Join(t.TempDir(), name)
		if err := os.Symlink(sleep, link); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), link, "60")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p, err := linuxProcess(cmd.Process.Pid)
		self, err2 := linuxProcess(os.Getpid())
		if err != nil || err2 != nil || p.parent != os.Getpid() || p.started < self.started {
			t.Errorf("linuxProcess of %q = %+v, %v; want the parent %d, not begun before %d, %v", name, p, err, os.Getpid(), self.started, err2)
		}
		if m, err := linuxMarks(cmd.Process.Pid); err != nil || m.unlike(m) {
			t.Errorf("linuxMarks of %q = %+v, %v; want them to be like themselves", name, m, err)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if _, err := linuxProcess(cmd.Process.Pid); err == nil {
			t.Errorf("linuxProcess of one that has ended: no error, want one")
		}
	}
}

// A watch tells at once when the process has ended, and is of no other process.
func TestWatch(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	who, err := identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := linuxWatch(identity{who.pid, who.started + 1}); err == nil {
		t.Error("linuxWatch() of another process with that number = nil, want an error")
	}
	w, err := linuxWatch(who)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.wait() }()
	if !w.lives() || len(ended) > 0 {
		t.Error("lives() = false while the process lives, or wait() has returned; want neither")
	}
	_ = in.Close()
	if err := <-ended; err != nil {
		t.Errorf("wait() = %v, want nil", err)
	}
	if w.lives() {
		t.Error("lives() of one that has ended = true, want false")
	}
	_ = cmd.Wait()
	if _, err := linuxWatch(who); err == nil {
		t.Error("linuxWatch() of one that has ended = nil, want an error")
	}
}

// A process that has ended is gone, even if nobody has waited for it: the first process of
// many a container never does.
func TestLivesNoMore(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	who, err := identify(cmd.Process.Pid)
	if err != nil || !who.lives() {
		t.Errorf("identify() = %v, %v; want it to live", who, err)
	}
	_ = in.Close()
	if err := unix.Waitid(unix.P_PID, who.pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if who.lives() {
		t.Errorf("%v.lives() = true after its end, want false", who)
	}
	_ = cmd.Wait()
}
