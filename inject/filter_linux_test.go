package inject

import (
	"encoding/binary"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// obey is what the kernel does with a filter, as far as ours goes (seccomp(2)).
func obey(t *testing.T, filter []unix.SockFilter, data []byte) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(filter); pc++ {
		switch f := filter[pc]; f.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = binary.NativeEndian.Uint32(data[f.K:])
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			if a == f.K {
				pc += int(f.Jt)
			} else {
				pc += int(f.Jf)
			}
		case unix.BPF_RET | unix.BPF_K:
			return f.K
		default:
			t.Fatalf("the filter has the instruction %#x", f.Code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

// Setting the limits of another process is refused by every way into the kernel that a
// program has, and nothing else is.
func TestOwnLimits(t *testing.T) {
	const refused, allowed = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM), uint32(unix.SECCOMP_RET_ALLOW)
	type row struct {
		arch, number uint32
		pid, limit   uint64
		want         uint32
	}
	var rows []row
	for _, c := range map[string][]row{
		"amd64": {{arch: unix.AUDIT_ARCH_X86_64, number: 302}, {arch: unix.AUDIT_ARCH_X86_64, number: 302 | 0x40000000}, {arch: unix.AUDIT_ARCH_I386, number: 340}},
		"arm64": {{arch: unix.AUDIT_ARCH_AARCH64, number: 261}, {arch: unix.AUDIT_ARCH_ARM, number: 369}},
	}[runtime.GOARCH] {
		for _, r := range []row{{pid: 4711, limit: 0x7ffc00001000, want: refused}, {pid: 4711, limit: 1 << 32, want: refused}, {pid: 4711, limit: 8, want: refused},
			{pid: 4711, want: allowed}, {pid: 0, limit: 8, want: allowed}, {pid: 1 << 32, limit: 8, want: allowed}} { // the kernel takes 32 bits of a pid
			r.arch, r.number = c.arch, c.number
			rows = append(rows, r)
		}
		rows = append(rows, row{c.arch, c.number + 1, 4711, 8, allowed}, row{c.arch ^ 1, c.number, 4711, 8, allowed})
	}
	if len(rows) == 0 {
		t.Skip("there is no filter for this processor")
	}
	for _, r := range rows {
		data := make([]byte, 64) // struct seccomp_data
		binary.NativeEndian.PutUint32(data, r.number)
		binary.NativeEndian.PutUint32(data[4:], r.arch)
		binary.NativeEndian.PutUint64(data[16:], r.pid)
		binary.NativeEndian.PutUint64(data[32:], r.limit)
		if got := obey(t, ownLimits(), data); got != r.want {
			t.Errorf("call %d of %#x, pid %d, new limit at %#x: %#x, want %#x", r.number, r.arch, r.pid, r.limit, got, r.want)
		}
	}
}
