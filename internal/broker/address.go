package broker

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Address says where a broker listens and which process it is: what listens there and is
// another process is not believed.
type Address struct {
	identity
	// Socket is the path of its socket, "" where that is not known.
	Socket string
	// Door is what nobody else can know of the name of its second socket, so that nobody can
	// have taken that name before; "" where there is none.
	Door string
	// Home stands for the broker's home (HomeTag), and Digest for its policy when it
	// started (Policy.Digest).
	Home, Digest string
	// Doubtful says that the process has the mark of a worker: it may be of a worker's
	// making, or a broker whose dispatcher has no_new_privs.
	Doubtful bool
}

// PID is the broker's process.
func (a Address) PID() int { return a.pid }

// String is the form that Variable holds: PID:START:HOME:DIGEST:DOOR:SOCKET.
func (a Address) String() string {
	return fmt.Sprintf("%d:%d:%s:%s:%s:%s", a.pid, a.started, a.Home, a.Digest, a.Door, a.Socket)
}

// doors are the names under which the broker listens. A worker can take the file of the
// first away, and nothing can take away the second.
func (a Address) doors() (list []string) {
	if a.Socket != "" {
		list = append(list, a.Socket)
	}
	if a.Door != "" && secondDoor != nil {
		list = append(list, secondDoor(a))
	}
	return list
}

var errAddress = errors.New("$" + Variable + " holds no address of a broker")

// ParseAddress reads what String wrote.
func ParseAddress(text string) (Address, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || !filepath.IsAbs(parts[5]) {
		return Address{}, errAddress
	}
	who, ok := parseIdentity(parts[0], parts[1])
	if !ok {
		return Address{}, errAddress
	}
	return Address{identity: who, Home: parts[2], Digest: parts[3], Door: parts[4], Socket: parts[5]}, nil
}

func parseIdentity(pid, started string) (i identity, ok bool) {
	var err, err2 error
	i.pid, err = strconv.Atoi(pid)
	i.started, err2 = strconv.ParseUint(started, 10, 64)
	return i, err == nil && err2 == nil && i.pid > 0
}
