//go:build unix

package broker

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Detach starts the broker in a session of its own and without the descriptors of its
// caller: they, a terminal's hangup and ctrl-C are the dispatcher's.
func Detach() error {
	order := os.NewFile(orderFD, "order")
	if _, err := order.Stat(); err != nil {
		return errNotForPeople
	}
	closeOnExec()
	cmd := role(context.Background(), RoleServe)
	cmd.ExtraFiles = []*os.File{order}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

var errNotForPeople = errors.New("this command is wg-run's own: see wg-run broker --help")

// closeOnExec keeps every descriptor from what is started from here on.
func closeOnExec() {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

// Serve is the broker's process: it gets its order on a descriptor and ends with the
// dispatcher. The caller has closed its memory to other processes.
func Serve(hooks Hooks) error {
	// It does little at a time: a second processor would be woken, and search for work in
	// vain, at every request.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(20) // it stays for long, and has little
	unix.Umask(0o077)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	file := os.NewFile(orderFD, "order")
	c, err := net.FileConn(file)
	if err != nil {
		return errNotForPeople
	}
	unix.CloseOnExec(orderFD)
	_ = file.Close()
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(launchTime))
	cwd, _ := os.Getwd()
	_ = os.Chdir("/")
	mem := &pages{}
	o, err := readOrder(c, hooks.Parse)
	if err == nil {
		key := &identityKey{}
		defer key.wipe(mem)
		err = serve(o, mem, hooks, helpers(o.Person, key, cwd), func(s *server) error { return s.supplied(c, o.Policy, key) })
	}
	if err != nil {
		_ = writeAll(c, newMessage().failure(FailureOf(err)).end())
	}
	return err
}

// supplied says where the broker listens, and waits for what is in stock: a person may take
// time. Where there is to be none the dispatcher does not start, with which all ends.
func (s *server) supplied(c net.Conn, p *Policy, key *identityKey) error {
	defer func() { _ = c.Close() }()
	done := newMessage().add(frameDone, s.self.String()).end()
	if err := writeAll(c, done); err != nil {
		return err
	}
	_ = c.SetDeadline(time.Time{})
	st, err := readStock(c, s.cache.mem)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		key.set(st.Identity, s.cache.mem)
		s.fill(p, st)
		_ = c.SetDeadline(time.Now().Add(launchTime))
		err = writeAll(c, done)
	}
	return err
}
