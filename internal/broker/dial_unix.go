//go:build unix

package broker

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func init() { answersTo, listened = doesAnswer, isListened }

// doesAnswer knocks and goes.
func doesAnswer(a Address) bool {
	for _, door := range a.doors() {
		l, err := knock(a, door, nil, time.Now().Add(patience))
		if err == nil {
			l.close()
		}
		if err == nil || errors.Is(err, ErrSilent) { // that it is busy is for who asks it to say
			return true
		}
	}
	return false
}

func isListened(path string) bool {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return true
	}
	unix.CloseOnExec(fd)
	defer func() { _ = unix.Close(fd) }()
	_ = unix.SetNonblock(fd, true)
	err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	return err == nil || err == unix.EAGAIN
}

// dial sends a first request to the broker. Who listens is looked at while it is
// answered: a request holds no secret. The error wraps ErrGone where the broker has ended,
// and ErrCutOff where it lives and another process keeps us from it.
func dial(a Address, request []byte, onWait func()) (*line, error) {
	last, until := errors.New("its sockets are gone"), time.Now().Add(patience)
	for _, door := range a.doors() {
		l, err := knock(a, door, request, until)
		if err == nil {
			l.onWait = onWait
			return l, nil
		}
		if errors.Is(err, ErrSilent) || errors.Is(err, errElsewhere) {
			return nil, err
		}
		if !errors.Is(last, errFalse) {
			last = err
		}
	}
	if errors.Is(last, errFalse) && a.lives() || !a.ends(lastMoment) {
		return nil, fmt.Errorf("%w: %w", ErrCutOff, last)
	}
	return nil, ErrGone
}

// lastMoment is how long a broker takes to end that has closed its sockets, on a busy machine.
const lastMoment = time.Second

// ends reports whether the process has ended, or does within that time.
func (i identity) ends(within time.Duration) bool {
	if watched == nil {
		return !i.lives()
	}
	w, err := watched(i)
	if err != nil {
		return !i.lives()
	}
	ended := make(chan struct{})
	go func() {
		_ = w.wait()
		close(ended)
	}()
	select {
	case <-ended:
		return true
	case <-time.After(within):
		return false
	}
}

// knock sends the request through one door.
func knock(a Address, door string, request []byte, until time.Time) (*line, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	l := &line{fd: fd, limit: maxOrder}
	if err = l.connect(door, until); err == nil {
		if _, err = l.Write(request); errors.Is(err, unix.EPIPE) { // who refuses does not read first
			err = nil
		}
	}
	if err == nil {
		err = l.believe(a)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *line) connect(door string, until time.Time) error {
	err := l.within(unix.SO_RCVTIMEO, patience)
	if err == nil {
		err = l.within(unix.SO_SNDTIMEO, time.Until(until)) // it bounds connect(2), too
	}
	if err != nil {
		return err
	}
	for {
		err := unix.Connect(l.fd, &unix.SockaddrUnix{Name: door})
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN: // as many wait as can
			return ErrSilent
		case err != nil:
			return fmt.Errorf("connecting: %w", err)
		}
		return nil
	}
}

// believe returns nil if who listens is the broker: that process, of this user.
func (l *line) believe(a Address) error {
	p, err := peerOf(l.fd)
	if err != nil {
		return err
	}
	p.close()
	if p.pid == 0 { // pid_namespaces(7)
		return errElsewhere
	}
	if who, err := identify(p.pid); err != nil || who != a.identity || p.uid != uint32(os.Geteuid()) {
		return errFalse
	}
	return nil
}

var errFalse = errors.New("another process listens in its place")

// errElsewhere: only a process outside of this PID namespace has no number here, and no
// worker is outside of its dispatcher's.
var errElsewhere = errors.New("it is in another PID namespace")
