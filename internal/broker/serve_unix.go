//go:build unix

package broker

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

// server is a broker's process.
type server struct {
	hooks      Hooks
	cache      *cache
	self       Address
	dispatcher identity
	lives      func() bool // whether the dispatcher does
	marks      marks       // of the dispatcher, when it started
	ttl        time.Duration
	began      time.Time
	switching  chan struct{} // holds one where a reload or a use is under way

	mu        sync.Mutex
	workers   map[int]uint64 // processes that became one, and when they began
	prune     int            // at this many those that have ended are taken out
	runs      int            // open connections
	most      int            // of them
	strangers int
	refused   int
}

// serve listens until the dispatcher has ended. started is called once it does, and its error
// ends it.
func serve(o *Order, mem *pages, hooks Hooks, ask lookup, started func(*server) error) error {
	s, err := newServer(o, mem, hooks, ask)
	if err != nil {
		return err
	}
	defer s.cache.wipe()
	dir, err := makeFolder(o.Policy.Home, s.self.identity)
	if err != nil {
		return err
	}
	s.self = Address{identity: s.self.identity, Socket: filepath.Join(dir, socketName), Home: HomeTag(o.Policy.Home), Digest: o.Policy.Digest(), Door: rand.Text()}
	defer func() { _ = os.Remove(dir) }()
	defer func() { _ = os.Remove(s.self.Socket) }()
	doors, err := s.doors()
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	watch, err := watched(s.dispatcher)
	if err != nil {
		return err
	}
	s.lives = watch.lives
	go func() {
		if err := started(s); err != nil {
			ended <- err
			return
		}
		ended <- watch.wait()
	}()
	for _, l := range doors {
		go s.accept(l)
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	select {
	case err = <-ended:
	case <-term:
	}
	return err
}

// newServer looks at who it is, and at its dispatcher; it listens nowhere.
func newServer(o *Order, mem *pages, hooks Hooks, ask lookup) (*server, error) {
	s := &server{hooks: hooks, ttl: o.TTL, began: time.Now(), workers: map[int]uint64{}, prune: 64, switching: make(chan struct{}, 1), most: mostRuns()}
	if ownProc != nil && !ownProc() {
		return nil, hint.Add(errors.New("looking at processes: /proc is that of another PID namespace"), "unshare --mount-proc, or mount -t proc proc /proc")
	}
	var err error
	if s.self.identity, err = identify(os.Getpid()); err != nil {
		return nil, err
	}
	// Looking at another process fails where /proc hides those (hidepid, proc(5)).
	if s.dispatcher, err = identify(o.Dispatcher); err == nil {
		s.marks, err = marksOf(o.Dispatcher)
	}
	if err != nil {
		help := ""
		if errors.Is(err, fs.ErrNotExist) {
			help = "if /proc hides the processes of others (hidepid, proc(5)): mount -o remount,hidepid=0 /proc"
		}
		return nil, hint.Add(fmt.Errorf("looking at the dispatcher: %w", err), help)
	}
	s.cache = newCache(o.Policy, o.TTL, o.Person, mem, ask)
	return s, nil
}

// doors are where it listens; the second is for when the first is taken away.
func (s *server) doors() ([]int, error) {
	first, err := listen(s.self.Socket)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	doors := []int{first}
	if secondDoor != nil {
		if l, err := listen(secondDoor(s.self)); err == nil {
			doors = append(doors, l)
		}
	}
	return doors, nil
}

// mostRuns is how many connections of runs may be open: each takes two descriptors, and
// helpers and /proc need some.
func mostRuns() int {
	const others = 4*maxLookups + 2*maxStrangers
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxRuns
	}
	return int(min(maxRuns, max(8, (int64(min(limit.Cur, 1<<30))-others)/2)))
}

// fill keeps what was looked up by a policy.
func (s *server) fill(p *Policy, st *Stock) {
	for _, v := range st.Values {
		for _, w := range p.Profiles[v.Profile] {
			if w.Name == v.Name {
				e := &entry{done: make(chan struct{}), secret: v.Secret, source: v.Source, says: v.Says}
				close(e.done)
				s.cache.put(p, w.Ref, e)
			}
		}
	}
	s.cache.filled()
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
