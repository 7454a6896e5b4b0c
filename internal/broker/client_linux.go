package broker

import "golang.org/x/sys/unix"

// noSignal: who writes to a broker that is gone gets an error and no SIGPIPE.
const noSignal = unix.MSG_NOSIGNAL
