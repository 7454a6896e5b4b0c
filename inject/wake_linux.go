package inject

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { wakeAfter = linuxWakeAfter }

// sigevent is struct sigevent of sigevent(3type), 64 bytes on 64-bit machines.
type sigevent struct {
	value          uintptr
	signal, notify int32
	_              [48]byte
}

// linuxWakeAfter sends SIGCONT to this process (timer_create(2)), which read takes for our own
// doing.
func linuxWakeAfter(d time.Duration) (stop func()) {
	const bySignal = 0 // SIGEV_SIGNAL
	event := sigevent{signal: int32(unix.SIGCONT), notify: bySignal}
	var id int32
	if _, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id))); errno != 0 {
		return func() {}
	}
	when := [2]unix.Timespec{{Sec: 1}, unix.NsecToTimespec(d.Nanoseconds())} // interval, first time
	_, _, _ = unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(id), 0, uintptr(unsafe.Pointer(&when)), 0, 0, 0)
	return func() { _, _, _ = unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(id), 0, 0) }
}

// ofTimer reports whether a siginfo's si_code is that of such a timer.
func ofTimer(code int32) bool { return code == -2 } // SI_TIMER
