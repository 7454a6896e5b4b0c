//go:build unix

package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/resolve"
)

// server is a broker's process.
type server struct {
	hooks      Hooks
	cache      *cache
	self       Address
	dispatcher identity
	marks      marks // of the dispatcher, when it started
	ttl        time.Duration
	began      time.Time
	switching  sync.Mutex // one reload or use at a time

	mu        sync.Mutex
	workers   map[int]uint64 // processes that became one, and when they began
	prune     int            // at this many those that have ended are taken out
	runs      int            // open connections
	strangers int
	refused   int
}

// serve listens until the dispatcher has ended. started is called with the address once
// that is so, and its error ends it.
func serve(o *Order, mem *pages, hooks Hooks, ask lookup, started func(Address) error) error {
	s := &server{hooks: hooks, ttl: o.TTL, began: time.Now(), workers: map[int]uint64{}, prune: 64}
	self, err := identify(os.Getpid())
	if err != nil {
		return err
	}
	// Looking at another process fails where /proc hides those (hidepid, proc(5)).
	if s.dispatcher, err = identify(o.Dispatcher); err == nil {
		s.marks, err = marksOf(o.Dispatcher)
	}
	if err != nil {
		return fmt.Errorf("looking at the dispatcher: %w", err)
	}
	s.cache = newCache(o.Policy, o.TTL, o.Person, mem, ask)
	defer s.cache.wipe()
	s.fill(o)
	dir, err := makeFolder(o.Policy.Home, self)
	if err != nil {
		return err
	}
	s.self = Address{self, filepath.Join(dir, socketName)}
	defer func() { _ = os.Remove(dir) }()
	// The folder keeps others out from the beginning, whatever the mode of the socket.
	l, err := net.Listen("unix", s.self.Socket)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer func() { _ = l.Close() }()
	ended := make(chan error, 2)
	go func() {
		ended <- waitFor(s.dispatcher.pid, func() error {
			if !s.dispatcher.lives() {
				return errors.New("the dispatcher has ended")
			}
			return started(s.self)
		})
	}()
	go s.accept(l.(*net.UnixListener))
	term := make(chan os.Signal, 1)
	signal.Notify(term, unix.SIGTERM, unix.SIGINT)
	select {
	case err = <-ended:
	case <-term:
	}
	return err
}

// fill keeps what was looked up before.
func (s *server) fill(o *Order) {
	for _, v := range o.Values {
		for _, w := range o.Policy.Profiles[v.Profile] {
			if w.Name == v.Name {
				e := &entry{done: make(chan struct{}), secret: v.Secret, source: v.Source, says: v.Says}
				close(e.done)
				s.cache.put(w.Ref, e)
			}
		}
	}
	o.Values = nil
}

func (s *server) accept(l *net.UnixListener) {
	for {
		c, err := l.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptor is left: those that are open will be closed
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go s.one(c)
	}
}

// one answers one connection, if its process may ask at all.
func (s *server) one(c *net.UnixConn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	p, kin, err := s.judge(c)
	if p != nil {
		defer p.close()
	}
	if err != nil {
		s.count(&s.refused)
		_, _ = c.Write(newMessage().add(frameRefused, err.Error()).end())
		return
	}
	open, most := &s.strangers, maxStrangers
	if kin == below {
		open, most = &s.runs, maxRuns
	}
	if !s.enter(open, most) {
		_, _ = c.Write(newMessage().add(frameBusy, "").end())
		return
	}
	defer s.leave(open)
	q, err := readRequest(c)
	if err != nil {
		return // no answer helps who does not speak like this
	}
	s.answer(c, p, kin, q)
}

func (s *server) enter(open *int, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *open >= most {
		return false
	}
	*open++
	return true
}

func (s *server) leave(open *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*open--
}

func (s *server) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

// request is what came.
type request struct {
	verb, home string
	profile    *string // nil: none is wanted; empty: the active one
	skip       map[string]bool
	refs       []string
}

func readRequest(c *net.UnixConn) (*request, error) {
	q := &request{skip: map[string]bool{}}
	r := &reader{r: &buffered{r: c}, limit: maxRequest}
	err := r.each(func(tag byte, text string) error {
		switch tag {
		case frameVerb:
			q.verb = text
		case frameHome:
			q.home = text
		case frameProfile:
			q.profile = &text
		case frameSkip:
			q.skip[text] = true
		case frameRef:
			q.refs = append(q.refs, text)
		default:
			return errWire
		}
		return nil
	}, nil)
	return q, err
}

// buffered reads ahead: a request comes in one piece, and holds no secret.
type buffered struct {
	r    interface{ Read([]byte) (int, error) }
	b    [512]byte
	a, z int
}

func (b *buffered) Read(to []byte) (int, error) {
	if b.a == b.z {
		n, err := b.r.Read(b.b[:])
		if n <= 0 {
			return 0, err
		}
		b.a, b.z = 0, n
	}
	n := copy(to, b.b[b.a:b.z])
	b.a += n
	return n, nil
}

func (s *server) answer(c *net.UnixConn, p *peer, kin kinship, q *request) {
	if q.verb == verbRun {
		if kin != below {
			s.count(&s.refused)
			_, _ = c.Write(newMessage().add(frameRefused, "this process does not descend from the dispatcher").end())
			return
		}
		s.run(c, p, q)
		return
	}
	var err error
	m := newMessage()
	switch q.verb {
	case verbStatus:
		err = s.status(m)
	case verbForget:
		n := s.cache.forgetAll(func(ref resolve.Ref) bool { return len(q.refs) == 0 || slices.Contains(q.refs, Key(ref)) })
		m.add(frameDone, fmt.Sprint(n))
	case verbReload, verbUse:
		s.reload(c, q)
		return
	default:
		return
	}
	if err == nil {
		_, _ = c.Write(m.end())
	}
}

func (s *server) status(m *message) error {
	p, entries, lookups, hits := s.cache.state()
	s.mu.Lock()
	st := Status{
		PID: os.Getpid(), Dispatcher: s.dispatcher.pid, Home: p.Home, Active: p.Active, Profiles: slices.AppendSeq([]string{}, maps.Keys(p.Profiles)),
		Entries: entries, Lookups: lookups, Hits: hits, Refused: s.refused, Workers: len(s.workers),
		Locked: s.cache.mem.locked(), Since: s.began.UTC().Format(time.RFC3339),
	}
	s.mu.Unlock()
	slices.Sort(st.Profiles)
	if s.ttl > 0 {
		st.TTL = s.ttl.String()
	}
	b, err := json.Marshal(st)
	m.add(frameStatus, string(b))
	return err
}
