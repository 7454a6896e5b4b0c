//go:build unix

package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// line is a connection to a broker. It makes the system calls itself: the runtime's
// poller would cost every start of a worker more than the answer does.
type line struct {
	a        Address
	fd       int
	onWait   func()
	believed bool
}

// dial connects to where the broker listens. Who does is looked at in reply: a request
// holds no secret, and is answered meanwhile.
func dial(a Address, onWait func()) (*line, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	l := &line{a: a, fd: fd, onWait: onWait}
	if err = l.connect(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *line) connect() error {
	wait := unix.NsecToTimeval(int64(patience))
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} { // the latter bounds connect(2), too
		if err := unix.SetsockoptTimeval(l.fd, unix.SOL_SOCKET, option, &wait); err != nil {
			return err
		}
	}
	for {
		err := unix.Connect(l.fd, &unix.SockaddrUnix{Name: l.a.Socket})
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return ErrSilent
		case err == unix.ECONNREFUSED:
			return ErrGone
		case err != nil:
			return fmt.Errorf("connecting: %w", err)
		}
		return nil
	}
}

// believe returns nil if who listens is the broker: that process, of this user.
func (l *line) believe() error {
	if l.believed {
		return nil
	}
	l.believed = true
	p, err := peerOf(l.fd)
	if err != nil {
		return err
	}
	p.close()
	who, err := identify(p.pid)
	switch {
	case err == nil && who == l.a.identity && p.uid == uint32(os.Geteuid()):
		return nil
	case !l.a.lives(): // its socket is closed a moment later
		return ErrGone
	}
	return errors.New("another process listens in its place")
}

func (l *line) close() { _ = unix.Close(l.fd) }

// Read implements io.Reader.
func (l *line) Read(b []byte) (int, error) {
	for {
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

// reply sends a request and reads one answer.
func (l *line) reply(request []byte, take func(tag byte, text string) error, into func(tag byte, length int) ([]byte, error)) error {
	if _, err := l.Write(request); err != nil && !errors.Is(err, unix.EPIPE) { // who refuses does not read first
		return err
	}
	if err := l.believe(); err != nil {
		return err
	}
	return (&reader{r: &ahead{r: l}, limit: maxOrder}).each(func(tag byte, text string) error {
		switch tag {
		case frameWait:
			if l.onWait != nil {
				l.onWait()
				l.onWait = nil
			}
			return nil
		case frameRefused:
			return fmt.Errorf("%w: %s", ErrRefused, text)
		case frameBusy:
			return errors.New("it has too much to do")
		}
		return take(tag, text)
	}, into)
}

// ahead reads ahead: an answer comes in one piece, and this process ends in an execve.
type ahead struct {
	r interface{ Read([]byte) (int, error) }
	b []byte
}

func (a *ahead) Read(to []byte) (int, error) {
	if len(a.b) == 0 {
		if len(to) >= 4096 {
			return a.r.Read(to)
		}
		piece := make([]byte, 4096)
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

// Ask asks the broker for the secrets of a profile. From then on this process counts as a
// worker. onWait is called once where the answer takes its time. The error wraps
// ErrRefused where the broker answers nothing to this process.
func Ask(a Address, q Request, onWait func()) (*Answer, error) {
	l, err := dial(a, onWait)
	if err != nil {
		return nil, err
	}
	defer l.close()
	m := newMessage().add(frameVerb, verbRun).add(frameHome, q.Home)
	if q.Profile != nil {
		m.add(frameProfile, *q.Profile)
	}
	for _, name := range q.Skip {
		m.add(frameSkip, name)
	}
	answer := &Answer{Files: map[string][]byte{}, Values: map[string]Value{}}
	var v Value
	file := ""
	err = l.reply(m.end(), func(tag byte, text string) error {
		switch tag {
		case frameOthers:
			answer.Others = true
		case frameFile:
			file = text
		case frameContent:
			answer.Files[file] = []byte(text)
		case frameName:
			v = Value{Name: text}
		default:
			if !v.take(tag, text) {
				return errWire
			}
			if v.Err != nil {
				answer.Values[v.Name] = v
			}
		}
		return nil
	}, func(_ byte, length int) ([]byte, error) {
		v.Secret = make([]byte, length)
		answer.Values[v.Name] = v
		return v.Secret, nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// order sends one request and returns the text of what is done.
func (l *line) order(m *message) (done string, others bool, err error) {
	var v Value
	err = l.reply(m.end(), func(tag byte, text string) error {
		switch {
		case tag == frameDone || tag == frameStatus:
			done = text
		case tag == frameOthers:
			others = true
		case !v.take(tag, text):
			return errWire
		}
		return nil
	}, nil)
	if v.Err != nil {
		err = v.Err.Err()
	}
	return done, others, err
}

// control connects to a broker to tell it something.
func (a Address) control(m *message) (done string, others bool, err error) {
	l, err := a.open()
	if err != nil {
		return "", false, err
	}
	defer l.close()
	return l.order(m)
}

// open connects to a broker that was found and not named: one of a worker's making is
// none of ours.
func (a Address) open() (*line, error) {
	theirs, err := marksOf(a.pid)
	ours, err2 := marksOf(os.Getpid())
	if err != nil || err2 != nil || theirs.unlike(ours) {
		return nil, errors.New("it has the mark of a worker")
	}
	return dial(a, nil)
}

// Status asks the broker about itself.
func (a Address) Status() (s Status, err error) {
	text, _, err := a.control(newMessage().add(frameVerb, verbStatus))
	if err == nil {
		err = json.Unmarshal([]byte(text), &s)
	}
	return s, a.explained("asking", err)
}

// Forget has the broker forget what those keys name (Key), all without one, and returns
// how many answers that were.
func (a Address) Forget(keys ...string) (int, error) {
	m := newMessage().add(frameVerb, verbForget)
	for _, k := range keys {
		m.add(frameRef, k)
	}
	text, _, err := a.control(m)
	n := 0
	if err == nil {
		n, err = strconv.Atoi(text)
	}
	return n, a.explained("telling", err)
}

// Reload has the broker read its policy anew; others where its home is another one.
func (a Address) Reload(home string) (others bool, err error) {
	_, others, err = a.control(newMessage().add(frameVerb, verbReload).add(frameHome, home))
	return others, a.explained("reloading", err)
}

// explained says which broker failed, and what to do with one that hangs.
func (a Address) explained(doing string, err error) error {
	if err == nil {
		return nil
	}
	if a.gone(err) {
		err = ErrGone
	}
	h := hint.Of(err)
	if errors.Is(err, ErrSilent) {
		h = "see what it does, or end it (runs then resolve by themselves): " + hint.Command("kill", strconv.Itoa(a.pid))
	}
	return hint.Add(fmt.Errorf("%s the broker %d: %w", doing, a.pid, err), h)
}

// gone reports whether err is due to the broker's end. It closes its socket some
// milliseconds before.
func (a Address) gone(err error) bool {
	if !errors.Is(err, ErrGone) && !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.ENOENT) && !errors.Is(err, errHungUp) {
		return false
	}
	for until := time.Now().Add(heartbeat); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if !a.lives() {
			return true
		}
	}
	return false
}

// Switch is a change of the active profile that a broker has prepared.
type Switch struct {
	a Address
	l *line
}

// Prepare has the broker read its policy anew, with that profile as the active one, and
// look up its secrets. nil where its home is another one.
func (a Address) Prepare(home, profile string) (*Switch, error) {
	l, err := a.open()
	if err == nil {
		var others bool
		_, others, err = l.order(newMessage().add(frameVerb, verbUse).add(frameHome, home).add(frameProfile, profile))
		if err == nil && !others {
			return &Switch{a, l}, nil
		}
		l.close()
	}
	return nil, a.explained("switching", err)
}

// Commit puts it in place, and Undo takes that back; until Close.
func (s *Switch) Commit() error { return s.say(verbCommit) }

// Undo takes back what Commit did.
func (s *Switch) Undo() error { return s.say(verbUndo) }

// Close ends the change: as it is by then it stays.
func (s *Switch) Close() { s.l.close() }

func (s *Switch) say(verb string) error {
	_, _, err := s.l.order(newMessage().add(frameVerb, verb))
	return s.a.explained("switching", err)
}
