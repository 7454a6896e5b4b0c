package fdpass

import "golang.org/x/sys/unix"

func init() {
	// F_SETPIPE_SZ rounds up to pages and keeps what is in the pipe. Above
	// /proc/sys/fs/pipe-max-size, or with the user's pipe budget spent, it is
	// EPERM for the unprivileged.
	growPipe = func(fd, more int) error {
		has, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
		if err != nil {
			return err
		}
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, has+more)
		return err
	}
}

func pipeCloexec(p *[2]int) error { return unix.Pipe2(p[:], unix.O_CLOEXEC) }
