package verify

import "golang.org/x/sys/unix"

// abis are the tables of system calls that a program may use here: those of amd64, of
// x32 and of i386 (arch/x86/entry/syscalls/*.tbl).
var abis = []abi{
	{unix.AUDIT_ARCH_X86_64, []call{
		{unix.SYS_CLONE, kindClone}, {unix.SYS_CLONE3, kindClone3},
		{unix.SYS_READ, kindRead}, {unix.SYS_READV, kindRead}, {unix.SYS_PREAD64, kindRead}, {unix.SYS_PREADV, kindRead},
		{unix.SYS_PREADV2, kindRead}, {unix.SYS_RECVFROM, kindRead}, {unix.SYS_RECVMSG, kindRead}, {unix.SYS_RECVMMSG, kindRead},
		{unix.SYS_SPLICE, kindRead}, {unix.SYS_TEE, kindRead}, {unix.SYS_COPY_FILE_RANGE, kindRead},
		{unix.SYS_SENDFILE, kindFrom}, {unix.SYS_MMAP, kindMap},
		{unix.SYS_PTRACE, kindTrace}, {unix.SYS_IO_URING_SETUP, kindRing}, {unix.SYS_SECCOMP, kindListen}, {unix.SYS_IO_SUBMIT, kindSubmit},
		{unix.SYS_UNLINK, kindGone}, {unix.SYS_RMDIR, kindGone}, {unix.SYS_UNLINKAT, kindGoneAt},
		{unix.SYS_RENAME, kindRename}, {unix.SYS_RENAMEAT, kindRenameAt}, {unix.SYS_RENAMEAT2, kindRenameAt},
		{unix.SYS_TRUNCATE, kindCutPath}, {unix.SYS_FTRUNCATE, kindCut},
		{unix.SYS_OPEN, kindOpen}, {unix.SYS_OPENAT, kindOpenAt}, {unix.SYS_OPENAT2, kindOpenHow}, {unix.SYS_CREAT, kindCutPath},

		// x32 has most numbers with a bit set, and some of its own.
		{x32 | unix.SYS_CLONE, kindClone}, {x32 | unix.SYS_CLONE3, kindClone3},
		{x32 | unix.SYS_READ, kindRead}, {x32 | unix.SYS_PREAD64, kindRead}, {x32 | 515, kindRead}, {x32 | 534, kindRead},
		{x32 | 546, kindRead}, {x32 | 517, kindRead}, {x32 | 518, kindRead}, {x32 | 537, kindRead},
		{x32 | unix.SYS_SPLICE, kindRead}, {x32 | unix.SYS_TEE, kindRead}, {x32 | unix.SYS_COPY_FILE_RANGE, kindRead},
		{x32 | unix.SYS_SENDFILE, kindFrom}, {x32 | unix.SYS_MMAP, kindMap},
		{x32 | 521, kindTrace}, {x32 | unix.SYS_IO_URING_SETUP, kindRing}, {x32 | unix.SYS_SECCOMP, kindListen}, {x32 | 544, kindSubmit},
		{x32 | unix.SYS_UNLINK, kindGone}, {x32 | unix.SYS_RMDIR, kindGone}, {x32 | unix.SYS_UNLINKAT, kindGoneAt},
		{x32 | unix.SYS_RENAME, kindRename}, {x32 | unix.SYS_RENAMEAT, kindRenameAt}, {x32 | unix.SYS_RENAMEAT2, kindRenameAt},
		{x32 | unix.SYS_TRUNCATE, kindCutPath}, {x32 | unix.SYS_FTRUNCATE, kindCut},
		{x32 | unix.SYS_OPEN, kindOpen}, {x32 | unix.SYS_OPENAT, kindOpenAt}, {x32 | unix.SYS_OPENAT2, kindOpenHow}, {x32 | unix.SYS_CREAT, kindCutPath},
	}},
	{unix.AUDIT_ARCH_I386, []call{
		{120, kindClone}, {435, kindClone3},
		{3, kindRead}, {145, kindRead}, {180, kindRead}, {333, kindRead}, {378, kindRead}, {371, kindRead}, {372, kindRead},
		{337, kindRead}, {417, kindRead}, {313, kindRead}, {315, kindRead}, {377, kindRead},
		{187, kindFrom}, {239, kindFrom}, {192, kindMap}, {26, kindTrace}, {425, kindRing}, {354, kindListen}, {248, kindSubmit},
		{10, kindGone}, {40, kindGone}, {301, kindGoneAt}, {38, kindRename}, {302, kindRenameAt}, {353, kindRenameAt},
		{92, kindCutPath}, {193, kindCutPath}, {93, kindCut}, {194, kindCut},
		{5, kindOpen}, {295, kindOpenAt}, {437, kindOpenHow}, {8, kindCutPath},
	}},
}

const x32 = 0x40000000

// setFirst changes the first argument of the system call that the process is about to make.
func setFirst(pid int, arch uint32, value uint64) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(pid, &regs); err != nil {
		return err
	}
	if arch == unix.AUDIT_ARCH_I386 {
		regs.Rbx = value
	} else {
		regs.Rdi = value
	}
	return unix.PtraceSetRegs(pid, &regs)
}
