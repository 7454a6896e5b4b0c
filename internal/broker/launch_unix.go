//go:build unix

package broker

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// launchTime bounds the start of a broker.
const launchTime = 10 * time.Second

// orderFD is the descriptor on which a broker gets its order.
const orderFD = 3

// self is this very program, also if its file was replaced since.
func self() string {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return os.Args[0]
}

// role is a command that starts this program in a role.
func role(ctx context.Context, name string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, self(), "broker", name)
	cmd.Args[0] = "wg-run"
	return cmd
}

// Launched is a broker that listens, and has nothing in stock so far.
type Launched struct {
	Address
	c net.Conn
}

// Launch starts a broker. It is no child of this process, and ends when o.Dispatcher does.
func Launch(o *Order) (*Launched, error) {
	l, err := launch(o)
	if err != nil {
		return nil, fmt.Errorf("starting the broker: %w", err)
	}
	return l, nil
}

func launch(o *Order) (*Launched, error) {
	ctx, cancel := context.WithTimeout(context.Background(), launchTime)
	defer cancel()
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	cmd := role(ctx, RoleDetach)
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Run()
	_ = theirs.Close()
	l := &Launched{c: ours}
	if err == nil {
		err = l.say(o.write)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// say writes a message, and reads what is answered.
func (l *Launched) say(write func(io.Writer) error) error {
	_ = l.c.SetDeadline(time.Now().Add(launchTime))
	if err := write(l.c); err != nil {
		return err
	}
	var said Value
	err := (&reader{r: l.c, limit: maxRequest}).each(func(tag byte, text string) (err error) {
		if tag == frameDone {
			l.Address, err = ParseAddress(text)
		} else if !said.take(tag, text) {
			err = errWire
		}
		return err
	}, nil)
	if said.Err != nil {
		return said.Err.Err()
	}
	if err != nil {
		return fmt.Errorf("it ended, or said nothing: %w", err)
	}
	return nil
}

// Supply gives it what was looked up. What it was told to forget since it was launched it does
// not keep.
func (l *Launched) Supply(st *Stock) error {
	if err := l.say(st.write); err != nil {
		return fmt.Errorf("starting the broker: %w", err)
	}
	return nil
}

// Close ends the connection to it, and leaves it be.
func (l *Launched) Close() { _ = l.c.Close() }

// socketPair are two ends of a connection, ours for Go's poller.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	theirs = os.NewFile(uintptr(fds[1]), "order")
	mine := os.NewFile(uintptr(fds[0]), "order")
	defer func() { _ = mine.Close() }()
	if ours, err = net.FileConn(mine); err != nil {
		_ = theirs.Close()
	}
	return ours, theirs, err
}
