package broker

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// noSignal: who writes to a broker that is gone gets an error and no SIGPIPE.
const noSignal = unix.MSG_NOSIGNAL

// doorPrefix begins the names of abstract sockets (unix(7)). Other users can reach these,
// too, and are refused.
const doorPrefix = "@wg-run/"

func init() {
	secondDoor = func(a Address) string {
		return fmt.Sprintf("%s%d-%d-%s-%s", doorPrefix, a.pid, a.started, a.Home, a.Door)
	}
	secondDoors = linuxDoors
}

// linuxDoors reads /proc/net/unix (proc_net(5)), whose last field is the name. Everybody
// may have such a name: who listens there is looked at when it is used, and other users'
// processes are left out.
func linuxDoors() []Address {
	data, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil
	}
	var list []Address
	for line := range strings.Lines(string(data)) {
		_, name, ok := strings.Cut(strings.TrimSpace(line), " "+doorPrefix)
		fields := strings.Split(name, "-")
		if !ok || len(fields) != 4 {
			continue
		}
		who, ok := parseIdentity(fields[0], fields[1])
		a := Address{identity: who, Home: fields[2], Door: fields[3]}
		if ok && !slices.Contains(list, a) && ofThisUser(who.pid) {
			list = append(list, a)
		}
	}
	return list
}

// ofThisUser looks into a file: /proc/PID itself is root's where a process has closed its
// memory.
func ofThisUser(pid int) bool {
	status, err := readProc(pid, "status")
	uid, ok := statusField(status, "Uid")
	return err == nil && ok && uid == os.Geteuid()
}

// acceptCloexec accepts a connection that children do not get (accept4(2)).
func acceptCloexec(l int) (int, error) {
	fd, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	return fd, err
}
