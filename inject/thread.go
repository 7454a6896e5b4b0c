package inject

import "runtime"

// held is set where the first thread of the process is this goroutine's anyway.
var held bool

// OnFirstThread tells that the whole program runs in an init function, and with that on
// the first thread of the process, for good (runtime.LockOSThread, "during
// initialization").
func OnFirstThread() { held = true }

// isFirst, where the platform tells threads apart, reports whether the calling thread is
// the process's first.
var isFirst func() bool

// holdThread keeps the goroutine on its thread, for good.
func holdThread() {
	if held && isFirst != nil && isFirst() {
		return
	}
	runtime.LockOSThread()
}
