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
	// Socket is the path of its socket.
	Socket string
	// Strict says that a run which cannot ask the broker is to fail.
	Strict bool
	// Doubtful says that the process has the mark of a worker: it may be of a worker's
	// making, or a broker whose dispatcher has no_new_privs.
	Doubtful bool
}

// PID is the broker's process.
func (a Address) PID() int { return a.pid }

// String is the form that Variable holds: PID:START:SOCKET, with "strict" as a further
// field in front of the last where it is so.
func (a Address) String() string {
	strict := ""
	if a.Strict {
		strict = "strict:"
	}
	return fmt.Sprintf("%d:%d:%s%s", a.pid, a.started, strict, a.Socket)
}

// doors are the names under which the broker listens. A worker can take the file of the
// first away. The others are looked for when that was in vain.
func (a Address) doors(yield func(string) bool) {
	if a.Socket != "" && !yield(a.Socket) || secondDoors == nil {
		return
	}
	for _, d := range secondDoors() {
		if d.identity == a.identity && !yield(d.name) {
			return
		}
	}
}

var errAddress = errors.New("$" + Variable + " holds no address of a broker")

// ParseAddress reads what String wrote.
func ParseAddress(text string) (Address, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return Address{}, errAddress
	}
	socket, strict := strings.CutPrefix(parts[2], "strict:")
	if !filepath.IsAbs(socket) {
		return Address{}, errAddress
	}
	pid, err := strconv.Atoi(parts[0])
	started, err2 := strconv.ParseUint(parts[1], 10, 64)
	if err != nil || err2 != nil || pid <= 0 {
		return Address{}, errAddress
	}
	return Address{identity: identity{pid, started}, Socket: socket, Strict: strict}, nil
}
