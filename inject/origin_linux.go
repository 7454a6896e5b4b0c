//go:build amd64 || arm64

package inject

import (
	"encoding/binary"
	"os"
	"os/signal"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Whether a terminal sent a signal or a process did stands in si_code (sigaction(2)), which
// Go does not give. So a handler of our own takes the place of the runtime's, and does no
// more than write the siginfo_t to a pipe. Blocking all signals and reading them from a
// signalfd(2) would not do: every thread of Go's unblocks SIGINT, SIGTERM and the like.

// handler is the handler; it is not Go's to call.
//
//lint:ignore U1000 its address is taken by handlerAddress
func handler()

// handlerAddress is where the handler stands.
func handlerAddress() uintptr

// faultHandler is the handler of what can be a fault of ours, which it leaves to the runtime.
//
//lint:ignore U1000 its address is taken by faultHandlerAddress
func faultHandler()

// faultHandlerAddress is where that stands.
func faultHandlerAddress() uintptr

// What handler uses: the pipe, and the runtime's handler, whose business is what its own
// threads send each other (tgkill(2)), as the pid tells.
var (
	//lint:ignore U1000 the handler, which is no Go, compares with it
	handlerPID int32
	//lint:ignore U1000 the handler, which is no Go, writes there
	handlerPipe int32
	//lint:ignore U1000 the handler, which is no Go, jumps there
	runtimeHandler uintptr
)

func init() {
	catchExact = linuxCatch
	handOn = linuxHandOn
}

// action is the kernel's struct of rt_sigaction(2).
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	byDefault = 0          // SIG_DFL
	ignored   = 1          // SIG_IGN
	restarts  = 0x10000000 // SA_RESTART
)

func sigaction(s unix.Signal, to, was *action) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(was)), 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// handlerAction is the action with our handler; else it is like the runtime's.
var handlerAction action

// handling is the action of a signal. A call that SIGTTOU interrupts is not restarted: a write to a terminal
// would be sent it once more, for ever.
func handling(s unix.Signal) *action {
	to := handlerAction
	if s == unix.SIGTTOU {
		to.flags &^= restarts
	}
	return &to
}

func linuxCatch(list []unix.Signal, out chan<- caught) bool {
	var p [2]int
	if sigaction(unix.SIGSEGV, nil, &handlerAction) != nil || handlerAction.handler <= ignored || unix.Pipe2(p[:], unix.O_CLOEXEC) != nil {
		return false
	}
	if unix.SetNonblock(p[1], true) != nil { // the reader is there as long as we are
		return false
	}
	runtimeHandler, handlerPipe, handlerPID = handlerAction.handler, int32(p[1]), int32(os.Getpid())
	handlerAction.handler = handlerAddress()
	late := install(list, out)
	putMark = func(m marker) bool {
		info := make([]byte, siginfoSize)
		binary.NativeEndian.PutUint32(info[8:], uint32(m))
		_, err := unix.Write(p[1], info)
		return err == nil
	}
	childStarted = func() {
		for _, s := range late {
			_ = sigaction(s, handling(s), nil)
		}
	}
	go read(p[0], out)
	return true
}

// What the C libraries use for themselves, glibc (nptl(7)) and musl, and Go leaves to them.
const firstLibrary, lastLibrary = unix.Signal(32), unix.Signal(34)

// install has our handler catch what the runtime catches, too: that resets it in a child
// before anything can come to it there. The others are late.
func install(list []unix.Signal, out chan<- caught) (late []unix.Signal) {
	notified := make(chan os.Signal, 64)
	go func() {
		for s := range notified { // nobody can tell any more who sent it
			out <- caught{signal: s.(unix.Signal)}
		}
	}()
	var given []unix.Signal
	for _, s := range list {
		var now action
		_ = sigaction(s, nil, &now)
		switch s {
		case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGSTKFLT:
			signal.Notify(notified, s)
			// The runtime takes what sigqueue(3) sends for a fault, and ends us.
			if now.handler == runtimeHandler {
				now.handler = faultHandlerAddress()
				_ = sigaction(s, &now, nil)
			}
			continue
		}
		if now.handler == ignored {
			given = append(given, s)
		}
		if now.handler == ignored || s >= firstLibrary && s <= lastLibrary && now.handler == byDefault {
			late = append(late, s)
			continue
		}
		if s >= firstLibrary && s <= lastLibrary {
			continue
		}
		if now.handler == byDefault {
			signal.Notify(notified, s)
		}
		_ = sigaction(s, handling(s), nil)
	}
	inherits = func(s unix.Signal) bool { return slices.Contains(given, s) }
	return late
}

// read reads what the handler has written.
func read(pipe int, out chan<- caught) {
	for {
		var info [siginfoSize]byte
		n, err := unix.Read(pipe, info[:])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n != siginfoSize:
			return
		}
		const queue = -1 // SI_QUEUE
		code := int32(binary.NativeEndian.Uint32(info[8:]))
		c := caught{signal: unix.Signal(binary.NativeEndian.Uint32(info[:])), kernel: code > 0}
		c.own = ofTimer(code) || !c.kernel && int(binary.NativeEndian.Uint32(info[16:])) == os.Getpid()
		if code == queue {
			c.queued = &info
		}
		if c.signal == 0 {
			c = caught{mark: marker(code)}
		}
		out <- c
	}
}

// linuxHandOn gives the child the value, too (rt_sigqueueinfo(2)).
func linuxHandOn(child int, c caught) {
	_, _, _ = unix.RawSyscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(child), uintptr(c.signal), uintptr(unsafe.Pointer(c.queued)))
}
