package broker

import "golang.org/x/sys/unix"

func init() {
	// SO_PEERCRED (unix(7)): who called connect, or listen. SO_PEERPIDFD, from Linux 6.5
	// on, is that process and no other that has its number by now.
	peerOf = func(fd int) (*peer, error) {
		cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return nil, err
		}
		p := &peer{identity: identity{pid: int(cred.Pid)}, uid: cred.Uid, handle: -1}
		handle, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PEERPIDFD)
		if err == nil {
			unix.CloseOnExec(handle)
		} else if !isShort(err) { // an older kernel
			handle, err = unix.PidfdOpen(p.pid, 0)
		}
		switch {
		case err == nil:
			p.handle = handle
		case isShort(err):
			return p, err
		}
		return p, nil
	}
}
