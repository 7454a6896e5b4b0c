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

// onLaterThread calls f on a thread that is f's for good, and not the process's first: by that
// one the kernel decides who may signal this process and look into it.
func onLaterThread(f func()) {
	runtime.LockOSThread() // where it is the first, no other goroutine gets it
	if isFirst == nil || !isFirst() {
		f()
		return
	}
	var crash any // is for who called to tell
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { crash = recover() }()
		onLaterThread(f)
	}()
	if <-done; crash != nil {
		panic(crash)
	}
}
