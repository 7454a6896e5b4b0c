package fdpass

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

// The directory leads to the descriptors by their names, also from a child's view; nobody
// can write into it, and it is gone with its last descriptor.
func TestDirectory(t *testing.T) {
	f, err := openMemfd("api_key", []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	d, err := OpenDirectory(map[string]int{"api_key": int(f.Fd()), "git-hub.2": 4711})
	if err != nil {
		t.Fatalf("OpenDirectory = %v, want no error", err)
	}
	if got := control(t, d.Fd(), unix.F_GETFD); got&unix.FD_CLOEXEC == 0 {
		t.Errorf("F_GETFD = %#x, want close-on-exec", got)
	}
	path := "/dev/fd/" + strconv.Itoa(int(d.Fd()))
	if got, err := os.ReadFile(path + "/api_key"); err != nil || string(got) != value {
		t.Errorf("reading api_key in it = %q, %v; want the value", got, err)
	}
	if got, err := os.ReadFile(path + "/git-hub.2"); !os.IsNotExist(err) {
		t.Errorf("reading a link to what is not open = %q, %v; want that there is none", got, err)
	}
	if names, err := filepath.Glob(path + "/*"); len(names) != 2 {
		t.Errorf("it holds %q, %v; want two names", names, err)
	}
	if err := os.WriteFile(path+"/other", nil, 0o600); err == nil {
		t.Error("a file can be made in it")
	}
	if err := os.Remove(path + "/api_key"); err == nil {
		t.Error("a link of it can be removed")
	}
	if st, err := os.Stat(path + "/"); err != nil || st.Mode() != os.ModeDir|0o500 {
		t.Errorf("it has the mode %v, %v; want a folder, 0500", st.Mode(), err)
	}
}

// Who may not mount has it made in a user namespace, also with closed memory.
func TestDirectoryAsNobody(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	TestDirectory(t)
}

// Without namespaces it says what is missing, and leaves nothing open.
func TestDirectoryNotAllowed(t *testing.T) {
	before := descriptors(t)
	for _, args := range [][]string{{"a=1", "a=2"}, {"a/b=1"}} { // which no file system takes
		if fd, err := makeDirectory(args); err == nil {
			t.Errorf("makeDirectory(%q) = %d, want an error", args, fd)
		}
		if fd, err := byHelper(args); err == nil {
			t.Errorf("byHelper(%q) = %d, want an error", args, fd)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors open after failures, want %d as before", after, before)
	}
}
