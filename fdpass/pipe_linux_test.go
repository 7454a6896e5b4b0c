package fdpass

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// More than a new pipe holds: it is made larger, up to 1 MiB.
func TestPipeGrows(t *testing.T) {
	for _, size := range []int{65537, 1<<20 - 1, 1 << 20} {
		data := binary(size)
		f, err := openPipe("label", data)
		if err != nil {
			t.Fatalf("openPipe(%d bytes) = %v, want no error", size, err)
		}
		checkDescriptor(t, f)
		checkPipe(t, f, data)
		checkRead(t, f, data)
		_ = f.Close()
	}
}

// A pipe that cannot be made large enough is an error, and leaves nothing open.
func TestPipeCannotGrow(t *testing.T) {
	defer func(saved func(int, int) error) { growPipe = saved }(growPipe)
	for name, grow := range map[string]func(int, int) error{
		"no growing on this platform": nil,
		"growing refused":             func(int, int) error { return unix.EPERM },
		"growing without effect":      func(int, int) error { return nil },
	} {
		growPipe = grow
		before := descriptors(t)
		f, err := openPipe("label", binary(1<<20))
		if f != nil || !errors.Is(err, ErrTooBig) {
			t.Errorf("%s: openPipe(1 MiB) = %v, %v, want %v", name, f, err, ErrTooBig)
		}
		if after := descriptors(t); after != before {
			t.Errorf("%s: %d descriptors open after openPipe, want %d as before", name, after, before)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A user with many unread pipes gets small ones (pipe(7), "Pipe capacity"), and
// a write that does not fit would block for ever.
func TestPipeBudgetSpent(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	spendPipeBudget(t)
	for _, c := range []struct {
		size int
		want error
	}{
		{1, nil}, {4096, nil}, {8192, nil}, {8193, ErrTooBig}, {65536, ErrTooBig}, {1 << 20, ErrTooBig},
	} {
		data := binary(c.size)
		before := descriptors(t)
		f, err := openPipe("label", data)
		if !errors.Is(err, c.want) {
			t.Errorf("openPipe(%d bytes) = %v, want %v", c.size, err, c.want)
		}
		if err == nil {
			checkDescriptor(t, f)
			checkPipe(t, f, data)
			checkRead(t, f, data)
			_ = f.Close()
		}
		if after := descriptors(t); after != before {
			t.Errorf("openPipe(%d bytes): %d descriptors open afterwards, want %d as before", c.size, after, before)
		}
	}
}

// spendPipeBudget opens pipes until they alone are over the user's budget: what
// others of the same user give back then leaves no room. One end each keeps a
// pipe, so that the limit of open files is not reached before.
func spendPipeBudget(t *testing.T) {
	t.Helper()
	const setting = "/proc/sys/fs/pipe-user-pages-soft"
	text, err := os.ReadFile(setting)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pages == 0 {
		t.Skipf("%s holds %q: there is no budget to spend", setting, text)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for spent := 0; spent <= pages; {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Skipf("%d of %d pages are spent, and %d files may be open: %v", spent, pages, limit.Max, err)
		}
		t.Cleanup(func() { _ = unix.Close(p[0]) })
		if err := unix.Close(p[1]); err != nil {
			t.Fatal(err)
		}
		spent += control(t, uintptr(p[0]), unix.F_GETPIPE_SZ) / os.Getpagesize()
	}
}
