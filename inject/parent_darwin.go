package inject

import "golang.org/x/sys/unix"

// lastSignal is the highest that there is.
const lastSignal = unix.Signal(31)
