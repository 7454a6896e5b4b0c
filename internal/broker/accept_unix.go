//go:build unix

package broker

import (
	"bytes"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// backlog is how many connections may wait to be accepted; the system has its own limit
// below that (listen(2)).
const backlog = 4096

// listen makes the socket. Its folder keeps others out, whatever its own mode.
func listen(path string) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err = unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err == nil {
		err = unix.Listen(fd, backlog)
	}
	return fd, err
}

// accept judges each connection and answers at once what can be answered at once: a run
// waits for that, and the way through the runtime's poller and another goroutine would
// take as long again. All else gets a goroutine.
func (s *server) accept(l int) {
	for {
		fd, err := acceptCloexec(l)
		if err == unix.EINTR || err == unix.EAGAIN || err == unix.ECONNABORTED {
			continue
		}
		if err != nil { // no descriptor is left: those that are open will be closed
			time.Sleep(10 * time.Millisecond)
			continue
		}
		s.visit(fd)
	}
}

// visit answers a connection, or has a goroutine do so: only so many, since each keeps descriptors
// open from here on, and a busy machine starts goroutines late.
func (s *server) visit(fd int) {
	v := &visitor{fd: fd}
	v.peer, v.kin, v.refused = s.judge(fd)
	if isShort(v.refused) {
		v.busy()
		return
	}
	d, open, most := s.atOnce(v), &s.strangers, maxStrangers
	if v.kin == below {
		open, most = &s.runs, s.most
	}
	switch {
	case d != nil && d.ready() && d.size() <= maxAtOnce:
		v.send(d.buffers())
		d.release()
		v.close()
	case !s.enter(open, most):
		if d != nil {
			d.release()
		}
		v.busy()
	case d != nil:
		go func() { defer s.leave(open); s.later(v, d) }()
	default:
		go func() { defer s.leave(open); s.one(v) }()
	}
}

// visitor is a connection that was accepted.
type visitor struct {
	fd      int // -1 once conn has it
	peer    *peer
	kin     kinship
	refused error
	piece   [512]byte // requests are short
	read    []byte    // what came already, of piece
}

func (v *visitor) close() {
	if v.peer != nil {
		v.peer.close()
		v.peer = nil
	}
	if v.fd >= 0 {
		_ = unix.Close(v.fd)
	}
}

// busy ends a visit for which there is no room.
func (v *visitor) busy() {
	v.send(net.Buffers{newMessage().add(frameBusy, "").end()})
	v.close()
}

// conn is the connection for what waits.
func (v *visitor) conn() (*net.UnixConn, error) {
	f := os.NewFile(uintptr(v.fd), "visitor")
	v.fd = -1
	defer func() { _ = f.Close() }()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return c.(*net.UnixConn), nil
}

// maxAtOnce is what a new socket surely takes, in bytes (wmem_default, socket(7)).
const maxAtOnce = 32 << 10

// send writes what a new socket takes. Where it does not, who listens hears the end.
func (v *visitor) send(b net.Buffers) {
	_, _ = unix.SendmsgBuffers(v.fd, b, nil, nil, unix.MSG_DONTWAIT|noSignal)
}

// knocked reports that who connected has gone without a word, as who only looks whether a
// broker listens (doesAnswer): it may have ended before it was looked at.
func (v *visitor) knocked() bool {
	n, _, err := unix.Recvfrom(v.fd, v.piece[:1], unix.MSG_DONTWAIT|unix.MSG_PEEK)
	return err == nil && n == 0
}

// atOnce is the answer to who is refused, and to a run whose request is there; nil where
// that is still to come, or is no run.
func (s *server) atOnce(v *visitor) *due {
	if v.refused != nil {
		if !v.knocked() {
			s.count(&s.refused)
		}
		return &due{m: newMessage().refusal(v.refused)}
	}
	if v.kin != below {
		return nil
	}
	n, _, err := unix.Recvfrom(v.fd, v.piece[:], unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	v.read = v.piece[:n]
	q, err := readRequest(bytes.NewReader(v.read))
	if err != nil || q.verb != verbRun {
		return nil
	}
	return s.run(v.peer, q)
}

// later answers a run when its secrets are there.
func (s *server) later(v *visitor, d *due) {
	defer v.close()
	defer d.release()
	v.peer.close() // it is a worker by now, whatever becomes of it
	v.peer = nil
	if c, err := v.conn(); err == nil {
		defer func() { _ = c.Close() }()
		d.wait(c)
	}
}

// one reads a request and answers it.
func (s *server) one(v *visitor) {
	defer v.close()
	c, err := v.conn()
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	in := &ahead{r: c, b: v.read, piece: len(v.piece)}
	q, err := readRequest(in)
	if err != nil {
		return // no answer helps who does not speak like this
	}
	s.answer(c, in, v.peer, v.kin, q)
}
