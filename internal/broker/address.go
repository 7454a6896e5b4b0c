package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

// Address says where a broker listens and which process it is: what listens there and is
// another process is not believed.
type Address struct {
	identity
	// Socket is the path of its socket.
	Socket string
}

// PID is the broker's process.
func (a Address) PID() int { return a.pid }

// String is the form that Variable holds: PID:START:SOCKET.
func (a Address) String() string { return fmt.Sprintf("%d:%d:%s", a.pid, a.started, a.Socket) }

var errAddress = errors.New("$" + Variable + " holds no address of a broker")

// ParseAddress reads what String wrote.
func ParseAddress(text string) (Address, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 || !filepath.IsAbs(parts[2]) {
		return Address{}, errAddress
	}
	pid, err := strconv.Atoi(parts[0])
	started, err2 := strconv.ParseUint(parts[1], 10, 64)
	if err != nil || err2 != nil || pid <= 0 {
		return Address{}, errAddress
	}
	return Address{identity{pid, started}, parts[2]}, nil
}

// socketName is the socket's file in the folder of its broker, PID-START.
const socketName = "socket"

// maxSocket is how long the path of a socket may be (unix(7), macOS's unix(4)).
const maxSocket = 103

// folders are where brokers may be: below $XDG_RUNTIME_DIR, and in home. The first is
// where one is made.
func folders(home string) []string {
	var list []string
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" { // who has no such variable, as in cron, is to find the brokers of who has
		dir = fmt.Sprintf("/run/user/%d", os.Geteuid())
	}
	if filepath.IsAbs(dir) && safefile.CheckDir(dir) == nil {
		list = append(list, filepath.Join(dir, "wg-run"))
	}
	if home != "" {
		list = append(list, filepath.Join(home, "run"))
	}
	return list
}

// makeFolder makes the folder (0700) of the broker that this process is.
func makeFolder(home string, self identity) (string, error) {
	list := folders(home)
	if len(list) == 0 {
		return "", errors.New("making the broker's folder: neither XDG_RUNTIME_DIR nor HOME is set")
	}
	sweep(list[0])
	dir := filepath.Join(list[0], fmt.Sprintf("%d-%d", self.pid, self.started))
	if len(filepath.Join(dir, socketName)) > maxSocket {
		return "", hint.Add(fmt.Errorf("making the broker's folder: the path %s is too long for a socket", dir), "set XDG_RUNTIME_DIR to a shorter one")
	}
	if err := safefile.MkdirPrivate(list[0]); err != nil {
		return "", fmt.Errorf("making the broker's folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the broker's folder: %w", err)
	}
	return dir, nil
}

// Live returns the addresses of this user's brokers, whatever their home is, where one
// of home would be.
func Live(home string) []Address {
	var list []Address
	for _, folder := range folders(home) {
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			if a, ok := addressOf(folder, e.Name()); ok && a.lives() {
				list = append(list, a)
			}
		}
	}
	return list
}

func addressOf(folder, name string) (Address, bool) {
	pid, started, ok := strings.Cut(name, "-")
	if !ok {
		return Address{}, false
	}
	a, err := ParseAddress(pid + ":" + started + ":" + filepath.Join(folder, name, socketName))
	return a, err == nil
}

// sweep removes what brokers left that were killed.
func sweep(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if a, ok := addressOf(folder, e.Name()); ok && !a.lives() {
			_ = os.Remove(a.Socket)
			_ = os.Remove(filepath.Dir(a.Socket))
		}
	}
}
