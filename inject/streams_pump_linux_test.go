package inject

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/inject/mask"
)

// loud has whoever shows something write as much again, for a while.
type loud struct {
	in          *os.File
	shown, more int
}

func (l *loud) Write(p []byte) (int, error) {
	l.shown += len(p)
	n := min(len(p), l.more)
	l.more -= n
	if n == 0 {
		return len(p), nil
	}
	if _, err := l.in.Write(make([]byte, n)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// What is in a pipe when its copying pauses comes through, whatever the pipe holds; what others
// go on writing is not waited for.
func TestPumpPauses(t *testing.T) {
	for _, c := range []struct {
		doing                string
		holds, written, more int
		unknown              bool // what the pipe holds
		fewest, most         int
	}{
		{"nothing", 64 << 10, 0, 0, false, 0, 0},
		{"a full pipe", 64 << 10, 64 << 10, 0, false, 64 << 10, 64 << 10},
		{"a full larger pipe", 512 << 10, 512 << 10, 0, false, 512 << 10, 512 << 10},
		{"others that go on", 64 << 10, 64 << 10, 16 << 20, false, 128 << 10, 128<<10 + pumped},
		{"others that go on, in a larger pipe", 512 << 10, 64 << 10, 16 << 20, false, 512 << 10, 512<<10 + pumped},
		{"others that go on, in a pipe of unknown size", 64 << 10, 64 << 10, 16 << 20, true, 128 << 10, 128<<10 + pumped},
	} {
		r, in, err := os.Pipe()
		must(t, err)
		if _, err := unix.FcntlInt(in.Fd(), unix.F_SETPIPE_SZ, c.holds); err != nil {
			t.Skipf("a pipe of %d bytes: %v", c.holds, err) // the user's pipes are too many
		}
		to, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
		must(t, err)
		out := &loud{in: in, more: c.more}
		p := &pump{from: r, to: newOutlet(to, nil), out: mask.New(out, []mask.Secret{{Name: "api_key", Value: []byte(planted)}})}
		_, err = in.Write(make([]byte, c.written))
		must(t, err)
		known := capacityOf
		if c.unknown {
			capacityOf = nil
		}
		p.pause()
		capacityOf = known
		if out.shown < c.fewest || out.shown > c.most {
			t.Errorf("pause with %s: %d bytes come through, want from %d to %d", c.doing, out.shown, c.fewest, c.most)
		}
		p.finish()
		_ = in.Close()
	}
}

// What we write to may not block, which is not the worker's business.
func TestOutletWaits(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer func() { _, _ = r.Close(), w.Close() }()
	fd := w.Fd()
	must(t, unix.SetNonblock(int(fd), true))
	const size = 1 << 20
	read := make(chan int)
	go func() {
		buf, n := make([]byte, 64<<10), 0
		for n < size {
			some, err := r.Read(buf)
			if n += some; err != nil {
				break
			}
		}
		read <- n
	}()
	if n, err := newOutlet(int(fd), nil).Write(make([]byte, size)); n != size || err != nil {
		t.Errorf("Write of %d bytes to a pipe that does not block = %d, %v", size, n, err)
	}
	_ = w.Close()
	if n := <-read; n != size {
		t.Errorf("%d of %d bytes came through", n, size)
	}
}
