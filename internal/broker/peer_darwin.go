package broker

import "golang.org/x/sys/unix"

func init() {
	// LOCAL_PEERCRED, which getpeereid(3) asks for, and LOCAL_PEERPID: <sys/un.h>.
	peerOf = func(fd int) (*peer, error) {
		cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			return nil, err
		}
		pid, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		if err != nil {
			return nil, err
		}
		return &peer{identity: identity{pid: pid}, uid: cred.Uid, handle: -1}, nil
	}
}
