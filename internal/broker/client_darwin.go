package broker

// noSignal: macOS has SO_NOSIGPIPE; the Go runtime ignores SIGPIPE for descriptors above 2.
const noSignal = 0
