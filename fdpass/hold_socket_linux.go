package fdpass

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// peer is our end of a socket pair that is held.
type peer struct {
	*feeder
	size int  // of the value
	full int  // what the kernel counts while nothing is read, of what fitted
	lost bool // the other end was closed before all was read
}

// holdSocket keeps the peer.
func holdSocket(_ string, data []byte, _ bool) (*Held, error) {
	fds, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making a socket pair: %w", err)
	}
	_ = unix.Shutdown(fds[0], unix.SHUT_WR) // as openSocket
	f, err := newFeeder(fds[1], data, growSocket)
	if err != nil {
		_, _ = unix.Close(fds[0]), unix.Close(fds[1])
		return nil, fmt.Errorf("filling a socket pair with %d bytes: %w", len(data), err)
	}
	p := &peer{feeder: f, size: len(data)}
	p.full, _ = unix.IoctlGetInt(f.fd, unix.SIOCOUTQ)
	f.written = func() { _ = unix.Shutdown(f.fd, unix.SHUT_WR) }
	f.refused = func(err error) {
		p.lost = p.lost || err == unix.ECONNRESET
		_ = unix.Shutdown(f.fd, unix.SHUT_WR) // watch looks once more
	}
	h := &Held{File: os.NewFile(uintptr(fds[0]), "socket"), Feed: f.toFeed(), Unread: p.unread, Watch: p.watch}
	h.Close = func() {
		_ = h.File.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.close()
	}
	return h, nil
}

// unread: the kernel counts by what it has put into one buffer, so a part is told from all
// and from nothing, and no more.
func (p *peer) unread() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count()
}

// count is unread. Who closes a socket with something in it resets the connection, and only
// then is it emptied: so the bytes are counted first.
func (p *peer) count() int {
	n, _ := unix.IoctlGetInt(p.fd, unix.SIOCOUTQ)
	if e, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && unix.Errno(e) == unix.ECONNRESET {
		p.lost = true // it is told once, here or to who writes (refused)
	}
	switch {
	case p.lost, n >= p.full && p.left == len(p.rest):
		return p.size
	case p.left > 0 || n > 0:
		return max(1, p.left)
	}
	return 0
}

// watch waits for changes of the state, since the state itself is that of a connection which
// is shut in both directions, from the start.
func (p *peer) watch() (abandoned bool) {
	changes, err := newChanges(p.fd, unix.EPOLLOUT)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(changes) }()
	for {
		p.mu.Lock()
		left, lost := p.count(), p.lost
		p.mu.Unlock()
		if left == 0 || lost {
			return lost
		}
		if !nextChange(changes) {
			return false
		}
	}
}
