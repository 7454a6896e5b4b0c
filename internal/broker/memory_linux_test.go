package broker

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// vmFlags are the flags (proc_pid_smaps(5)) of the mapping that b lies in.
func vmFlags(t *testing.T, b []byte) []string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	at := uint64(uintptr(unsafe.Pointer(&b[0])))
	within := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var from, to uint64
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && within {
			return strings.Fields(flags)
		}
	}
	t.Fatalf("no mapping has the address %x", at)
	return nil
}

// What holds a value is locked (lo), in no core dump (dd) and no child's (dc), whatever
// its size.
func TestMemoryIsClosed(t *testing.T) {
	mem := &pages{}
	for _, size := range []int{1, slotSize, slotSize + 1, 1 << 20} {
		b, err := mem.take(size)
		if err != nil {
			t.Fatal(err)
		}
		flags := vmFlags(t, b)
		for _, want := range []string{"lo", "dd", "dc"} {
			if !slices.Contains(flags, want) {
				t.Errorf("take(%d) has the flags %q, want %s among them", size, flags, want)
			}
		}
		mem.give(b)
	}
	if !mem.locked() {
		t.Error("locked() = false, want true")
	}
}
