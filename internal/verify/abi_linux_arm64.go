package verify

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// abis are the tables of system calls that a program may use here: those of arm64 and of
// 32-bit ARM (arch/arm64/tools/syscall_*.tbl).
var abis = []abi{
	{unix.AUDIT_ARCH_AARCH64, []call{
		{unix.SYS_CLONE, kindClone}, {unix.SYS_CLONE3, kindClone3},
		{unix.SYS_READ, kindRead}, {unix.SYS_READV, kindRead}, {unix.SYS_PREAD64, kindRead}, {unix.SYS_PREADV, kindRead},
		{unix.SYS_PREADV2, kindRead}, {unix.SYS_RECVFROM, kindRead}, {unix.SYS_RECVMSG, kindRead}, {unix.SYS_RECVMMSG, kindRead},
		{unix.SYS_SPLICE, kindRead}, {unix.SYS_TEE, kindRead}, {unix.SYS_COPY_FILE_RANGE, kindRead},
		{unix.SYS_SENDFILE, kindFrom}, {unix.SYS_MMAP, kindMap},
		{unix.SYS_PTRACE, kindTrace}, {unix.SYS_IO_URING_SETUP, kindRing}, {unix.SYS_SECCOMP, kindListen}, {unix.SYS_IO_SUBMIT, kindSubmit},
		{unix.SYS_UNLINKAT, kindGoneAt}, {unix.SYS_RENAMEAT, kindRenameAt}, {unix.SYS_RENAMEAT2, kindRenameAt},
		{unix.SYS_TRUNCATE, kindCutPath}, {unix.SYS_FTRUNCATE, kindCut}, {unix.SYS_OPENAT, kindOpenAt}, {unix.SYS_OPENAT2, kindOpenHow},
	}},
	{unix.AUDIT_ARCH_ARM, []call{
		{120, kindClone}, {435, kindClone3},
		{3, kindRead}, {145, kindRead}, {180, kindRead}, {361, kindRead}, {392, kindRead}, {291, kindRead}, {292, kindRead},
		{297, kindRead}, {365, kindRead}, {417, kindRead}, {340, kindRead}, {342, kindRead}, {391, kindRead},
		{187, kindFrom}, {239, kindFrom}, {192, kindMap}, {26, kindTrace}, {425, kindRing}, {383, kindListen}, {246, kindSubmit},
		{10, kindGone}, {40, kindGone}, {328, kindGoneAt}, {38, kindRename}, {329, kindRenameAt}, {382, kindRenameAt},
		{92, kindCutPath}, {193, kindCutPath}, {93, kindCut}, {194, kindCut},
		{5, kindOpen}, {322, kindOpenAt}, {437, kindOpenHow}, {8, kindCutPath},
	}},
}

// setFirst changes the first argument of the system call that the process is about to
// make. A 32-bit process has registers of four bytes, of which the first is r0.
func setFirst(pid int, _ uint32, value uint64) error {
	var regs [512]byte
	iov := unix.Iovec{Base: &regs[0], Len: uint64(len(regs))}
	if err := regset(unix.PTRACE_GETREGSET, pid, &iov); err != nil {
		return err
	}
	if iov.Len < 100 {
		binary.NativeEndian.PutUint32(regs[:], uint32(value))
	} else {
		binary.NativeEndian.PutUint64(regs[:], value)
	}
	return regset(unix.PTRACE_SETREGSET, pid, &iov)
}

func regset(request, pid int, iov *unix.Iovec) error {
	const general = 1 // NT_PRSTATUS
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), general, uintptr(unsafe.Pointer(iov)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
