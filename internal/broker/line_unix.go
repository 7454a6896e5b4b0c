//go:build unix

package broker

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// line is a connection to a broker. It makes the system calls itself: the runtime's
// poller would cost every start of a worker more than the answer does.
type line struct {
	fd     int
	onWait func()
	limit  int       // of an answer, in bytes
	until  time.Time // the zero time: for as long as the other side goes on
}

// within bounds what is done by option (socket(7)).
func (l *line) within(option int, most time.Duration) error {
	wait := unix.NsecToTimeval(int64(max(most, time.Millisecond)))
	return unix.SetsockoptTimeval(l.fd, unix.SOL_SOCKET, option, &wait)
}

func (l *line) close() { _ = unix.Close(l.fd) }

// Read implements io.Reader.
func (l *line) Read(b []byte) (int, error) {
	for {
		if left := time.Until(l.until); !l.until.IsZero() && left <= 0 {
			return 0, ErrSilent
		} else if left > 0 && left < patience {
			if err := l.within(unix.SO_RCVTIMEO, left); err != nil {
				return 0, err
			}
		}
		n, err := unix.Read(l.fd, b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, ErrSilent
		case err != nil:
			return 0, err
		case n == 0:
			return 0, errHungUp
		default:
			return n, nil
		}
	}
}

var errHungUp = errors.New("it hung up")

// Write implements io.Writer.
func (l *line) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.SendmsgN(l.fd, b[done:], nil, nil, noSignal)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return done, ErrSilent
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return done, nil
}

// answer reads one answer.
func (l *line) answer(take func(tag byte, text string) error, into func(tag byte, length int) ([]byte, error)) error {
	return (&reader{r: &ahead{r: l, piece: 4096}, limit: l.limit}).each(func(tag byte, text string) error {
		switch tag {
		case frameWait:
			if l.onWait != nil {
				l.onWait()
				l.onWait = nil
			}
			return nil
		case frameRefused:
			return refused(text)
		case frameBusy:
			return errors.New("it has too much to do")
		}
		return take(tag, text)
	}, into)
}

// ahead reads ahead: a message comes in one piece. Where that is an answer with secrets in
// it, the process ends in an execve.
type ahead struct {
	r     io.Reader
	b     []byte
	piece int // how much it reads ahead, in bytes
}

func (a *ahead) Read(to []byte) (int, error) {
	if len(a.b) == 0 {
		if len(to) >= a.piece {
			return a.r.Read(to)
		}
		piece := make([]byte, a.piece)
		n, err := a.r.Read(piece)
		if err != nil {
			return 0, err
		}
		a.b = piece[:n]
	}
	n := copy(to, a.b)
	a.b = a.b[n:]
	return n, nil
}
