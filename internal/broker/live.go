package broker

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
)

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
		return "", hint.Add(fmt.Errorf("making room for the broker's socket: %w", err), "name a folder of yours: export XDG_RUNTIME_DIR=FOLDER, or WG_HOME=FOLDER")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the broker's folder: %w", err)
	}
	return dir, nil
}

// Live returns the addresses of this user's brokers: those in the folders where one of
// home would be, whatever theirs is, and all of that home that have a second door.
func Live(home string) []Address {
	var list []Address
	if marksOf == nil {
		return nil
	}
	ours, err := marksOf(os.Getpid())
	if err != nil {
		return nil
	}
	add := func(a Address) {
		if slices.ContainsFunc(list, func(b Address) bool { return a.identity == b.identity }) || !a.lives() {
			return
		}
		if theirs, err := marksOf(a.pid); err == nil {
			a.Doubtful = theirs.unlike(ours)
			list = append(list, a)
		}
	}
	for _, folder := range folders(home) {
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			if a, ok := addressOf(folder, e.Name()); ok {
				add(a)
			}
		}
	}
	if secondDoors != nil {
		for _, d := range secondDoors() { // whose folder is elsewhere, or was taken away
			if d.home == HomeTag(home) {
				add(Address{identity: d.identity})
			}
		}
	}
	return list
}

func addressOf(folder, name string) (Address, bool) {
	pid, started, _ := strings.Cut(name, "-")
	who, ok := parseIdentity(pid, started)
	return Address{identity: who, Socket: filepath.Join(folder, name, socketName)}, ok
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

// socketName is the socket's file in the folder of its broker, PID-START.
const socketName = "socket"

// maxSocket is how long the path of a socket may be (unix(7), macOS's unix(4)).
const maxSocket = 103

// door is a socket without a file: nobody but the broker itself can close it.
type door struct {
	identity
	name string
	// home is HomeTag of the broker's home.
	home string
}

// HomeTag stands for a home in addresses and in the names of doors.
func HomeTag(home string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(home))
	return strconv.FormatUint(h.Sum64(), 16)
}

// Where the platform has such sockets: the name of a broker's, and those of this user's
// brokers that there are.
var (
	secondDoor  func(i identity, home string) string
	secondDoors func() []door
)
