//go:build amd64 || arm64

package verify

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onOwnThread has f run on a thread that ends with it, and with that whatever it still
// follows. It waits for any child of its thread, so the thread must have none of somebody
// else's in this process: f would take what is theirs.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	var try func(next chan<- struct{})
	try = func(over chan<- struct{}) {
		defer close(over)
		runtime.LockOSThread()
		if !childless() {
			next := make(chan struct{})
			go try(next) // on another thread, since this one is taken until then
			<-next
			runtime.UnlockOSThread()
			return
		}
		done <- f() // never unlocked
	}
	go try(make(chan struct{}))
	return <-done
}

// childless says that the calling thread has started no process that is not yet waited for.
func childless() bool {
	const look = unix.WEXITED | unix.WNOHANG | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	return unix.Waitid(unix.P_ALL, 0, nil, look, nil) == unix.ECHILD
}
