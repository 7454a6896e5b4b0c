package inject

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

// call is a system call of an architecture that programs may use here.
type call struct{ arch, number uint32 }

// limits are the numbers of prlimit(2).
var limits = map[string][]call{
	"amd64": {{unix.AUDIT_ARCH_X86_64, 302}, {unix.AUDIT_ARCH_X86_64, 302 | 0x40000000 /* x32 */}, {unix.AUDIT_ARCH_I386, 340}},
	"arm64": {{unix.AUDIT_ARCH_AARCH64, 261}, {unix.AUDIT_ARCH_ARM, 369}},
}

// ownLimits is a filter (seccomp(2)) that allows all but setting the limits of another
// process. Landlock has no word there, and the kernel asks for the same uid and no more:
// RLIMIT_CPU ends another process, and with RLIMIT_CORE it leaves its memory in a file.
func ownLimits() []unix.SockFilter {
	const number, arch, args = 0, 4, 16 // in struct seccomp_data
	low, high := uint32(0), uint32(4)   // of an argument
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		low, high = high, low
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(k uint32, yes, no int) unix.SockFilter { // how many are skipped
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: uint8(yes), Jf: uint8(no)}
	}
	allow := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
	refuse := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	var f []unix.SockFilter
	calls := limits[runtime.GOARCH]
	for i, c := range calls {
		f = append(f, load(arch), equal(c.arch, 0, 2), load(number), equal(c.number, 4*(len(calls)-i)-3, 0))
	}
	return append(f, allow,
		load(args+low), equal(0, 4, 0), // pid: 0 is the caller
		load(args+16+low), equal(0, 0, 3), // new_limit: none is wanted
		load(args+16+high), equal(0, 0, 1),
		allow, refuse)
}
