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
	var failed []error
	for _, at := range list {
		dir, err := makeFolderAt(at, self)
		if err == nil {
			return dir, nil
		}
		failed = append(failed, err)
	}
	return "", errors.Join(failed...)
}

func makeFolderAt(at string, self identity) (string, error) {
	sweep(at)
	dir := filepath.Join(at, fmt.Sprintf("%d-%d", self.pid, self.started))
	if len(filepath.Join(dir, socketName)) > maxSocket {
		return "", hint.Add(fmt.Errorf("making the broker's folder: the path %s is too long for a socket", dir), "set XDG_RUNTIME_DIR to a shorter one")
	}
	if err := safefile.MkdirPrivate(at); err != nil {
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
	var found []Address
	for _, folder := range folders(home) {
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			if a, ok := addressOf(folder, e.Name()); ok {
				found = append(found, a)
			}
		}
	}
	if secondDoors != nil {
		found = append(found, secondDoors()...)
	}
	for _, a := range found {
		known := slices.IndexFunc(list, func(b Address) bool { return a.identity == b.identity })
		switch {
		case known >= 0 && a.Door != "" && answersTo(a):
			list[known].Door, list[known].Home = a.Door, a.Home
		case known >= 0, !a.lives(), a.Socket == "" && a.Home != HomeTag(home), !answersTo(a):
		default:
			if theirs, err := marksOf(a.pid); err == nil {
				a.Doubtful = theirs.unlike(ours)
				list = append(list, a)
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
		if a, ok := addressOf(folder, e.Name()); ok && !a.lives() && !listened(a.Socket) { // it may be of another PID namespace
			_ = os.Remove(a.Socket)
			_ = os.Remove(filepath.Dir(a.Socket))
		}
	}
}

// socketName is the socket's file in the folder of its broker, PID-START.
const socketName = "socket"

// maxSocket is how long the path of a socket may be (unix(7), macOS's unix(4)).
const maxSocket = 103

// HomeTag stands for a home in addresses and in the names of doors.
func HomeTag(home string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(home))
	return strconv.FormatUint(h.Sum64(), 16)
}

// Where the platform has sockets without a file, which nobody but the broker itself can
// close: the name of a broker's, and what such names of this user's processes tell. Anybody
// can listen under such a name.
var (
	secondDoor  func(Address) string
	secondDoors func() []Address
)

// What the platform knows of sockets: whether the process of an address listens at one of its
// doors, and whether anybody listens at a path. Anybody can make a folder, too.
var (
	answersTo = func(Address) bool { return true }
	listened  = func(path string) bool { return false }
)
