package inject

import (
	"encoding/binary"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { whileForking = linuxWhileForking }

func linuxWhileForking() (over func()) {
	ended := make(chan struct{})
	go func() {
		tick := time.NewTicker(catching)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				haveForkedGoOn()
			}
		}
	}()
	return func() { close(ended) }
}

// haveForkedGoOn has a stopped child go on that still has our memory, as after vfork(2); others may be there,
// from before. Nothing else is waited for (waitid(2)).
func haveForkedGoOn() {
	const sameMemory = 1 // KCMP_VM
	for {
		var info unix.Siginfo
		if unix.Waitid(unix.P_ALL, 0, &info, unix.WSTOPPED|unix.WNOHANG, nil) != nil {
			return
		}
		pid := int32(binary.NativeEndian.Uint32((*[siginfoSize]byte)(unsafe.Pointer(&info))[16:]))
		if pid == 0 {
			return
		}
		if r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(pid), sameMemory, 0, 0, 0); errno == 0 && r == 0 {
			_ = unix.Kill(int(pid), unix.SIGCONT)
		}
	}
}
