package inject

import "golang.org/x/sys/unix"

// getTermios is the request of tcgetattr(3).
const getTermios = unix.TIOCGETA

// lastSignal is the highest that there is.
const lastSignal = unix.Signal(31)
