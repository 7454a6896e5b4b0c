//go:build amd64 || arm64

package verify

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kind is what a system call means to the tracer; the filter hands it on.
type kind uint32

const (
	kindClone    kind = iota + 1 // flags
	kindClone3                   // struct that begins with flags
	kindRead                     // from the first argument
	kindFrom                     // from the second argument (sendfile(2))
	kindMap                      // of the fifth
	kindTrace                    // ptrace(2)
	kindRing                     // io_uring_setup(2): what is done by it is no system call
	kindListen                   // seccomp(2) with a listener: calls that are not ours to see
	kindSubmit                   // io_submit(2): what is read by it is not told
	kindGone                     // path
	kindGoneAt                   // folder, path
	kindRename                   // path, path
	kindRenameAt                 // folder, path, folder, path
	kindCut                      // ftruncate(2)
	kindCutPath                  // path
	kindOpen                     // path, flags
	kindOpenAt                   // folder, path, flags
	kindOpenHow                  // folder, path, struct that begins with flags
)

// forFiles are the kinds that matter only where a folder is watched.
var forFiles = []kind{kindGone, kindGoneAt, kindRename, kindRenameAt, kindCut, kindCutPath, kindOpen, kindOpenAt, kindOpenHow}

// abi is one table of system calls.
type abi struct {
	arch  uint32
	calls []call
}

type call struct {
	number uint32
	kind   kind
}

// opens are the flags with which the opening of a file matters: it is cut off, or never has a name.
const opens = unix.O_TRUNC | unix.O_TMPFILE&^unix.O_DIRECTORY

// filter has the process stop at the system calls of the tables (seccomp(2),
// SECCOMP_RET_TRACE). Most clones and all anonymous maps go by without.
func filter(files bool) []unix.SockFilter {
	const number, arch, args = 0, 4, 16 // in struct seccomp_data
	low := uint32(0)                    // of an argument
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		low = 4
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	jump := func(test uint16, k uint32, yes, no uint8) unix.SockFilter { // how many are skipped
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	end := func(what uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what} }
	allow := end(unix.SECCOMP_RET_ALLOW)
	f := []unix.SockFilter{load(arch)}
	for _, a := range abis {
		part := []unix.SockFilter{load(number)}
		for _, c := range a.calls {
			trace := end(unix.SECCOMP_RET_TRACE | uint32(c.kind))
			do := []unix.SockFilter{trace}
			switch {
			case !files && slices.Contains(forFiles, c.kind):
				continue
			case c.kind == kindRing: // as a kernel without: programs must do without
				do = []unix.SockFilter{end(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))}
			case c.kind == kindClone:
				do = []unix.SockFilter{load(args + low), jump(unix.BPF_JSET, unix.CLONE_UNTRACED, 0, 1), trace, allow}
			case c.kind == kindMap:
				do = []unix.SockFilter{load(args + 4*8 + low), jump(unix.BPF_JEQ, 1<<32-1, 1, 0), trace, allow}
			case c.kind == kindOpen:
				do = []unix.SockFilter{load(args + 1*8 + low), jump(unix.BPF_JSET, opens, 0, 1), trace, allow}
			case c.kind == kindOpenAt:
				do = []unix.SockFilter{load(args + 2*8 + low), jump(unix.BPF_JSET, opens, 0, 1), trace, allow}
			case c.kind == kindListen:
				do = []unix.SockFilter{load(args + 1*8 + low), jump(unix.BPF_JSET, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 1), trace, allow}
			}
			part = append(append(part, jump(unix.BPF_JEQ, c.number, 0, uint8(len(do)))), do...)
		}
		part = append(part, allow)
		f = append(f, jump(unix.BPF_JEQ, a.arch, 1, 0), unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(len(part))})
		f = append(f, part...)
	}
	return append(f, allow)
}

// setFilter puts the filter on the calling thread, which hands it on to all that comes of
// it. Without privileges that takes no_new_privs; a program that is traced by an
// unprivileged process gains nothing by its set-user-ID bit in any case.
func setFilter(files bool) error {
	f := filter(files)
	program := unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	set := func() error {
		_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
		if errno != 0 {
			return errno
		}
		return nil
	}
	err := set()
	if err == unix.EACCES {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		err = set()
	}
	return err
}
