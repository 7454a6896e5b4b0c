package fdpass

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/hint"
)

var openInDirectory = openMemfd

// OpenDirectory returns a close-on-exec descriptor of a directory that holds a link for
// each name, to the descriptor of that number in whoever follows it. It is the root of a
// read-only file system in memory that is mounted nowhere (fsmount(2)): it is gone with
// the last descriptor of it. Who is not root needs a user namespace to make it.
func OpenDirectory(links map[string]int) (*os.File, error) {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(links)) {
		args = append(args, name+"="+strconv.Itoa(links[name]))
	}
	fd, err := makeDirectory(args)
	if errors.Is(err, unix.EPERM) {
		fd, err = byHelper(args)
	}
	if err != nil {
		return nil, hint.Add(fmt.Errorf("making the directory of descriptors: %w", err),
			"it takes Linux 5.2, and root or unprivileged user namespaces (user_namespaces(7)); a memory file needs neither: --via memfd")
	}
	return os.NewFile(uintptr(fd), "directory"), nil
}

// makeDirectory mounts it, for which it takes CAP_SYS_ADMIN in the namespace of mounts.
func makeDirectory(args []string) (fd int, err error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(fs) }()
	for _, option := range [][2]string{{"mode", "0700"}, {"size", "64k"}} {
		if err := unix.FsconfigSetString(fs, option[0], option[1]); err != nil {
			return -1, err
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	const attr = unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC | unix.MOUNT_ATTR_NOSUID
	if fd, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attr); err != nil {
		return -1, err
	}
	for _, arg := range args {
		name, number, _ := strings.Cut(arg, "=")
		if err := unix.Symlinkat("/proc/self/fd/"+number, fd, name); err != nil {
			_ = unix.Close(fd)
			return -1, err
		}
	}
	if err := unix.Fchmodat(fd, ".", 0o500, 0); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	// mount_setattr(2) is younger than the rest (5.12), and root writes without it; only links
	// are in there.
	_ = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	return fd, nil
}

// byHelper has a process in namespaces of its own make it and hand it over: only a process
// with a single thread can enter a namespace of users, which no program in Go has.
func byHelper(args []string) (int, error) {
	p, err := socketPair()
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(p[0]) }()
	theirs := os.NewFile(uintptr(p[1]), "helper")
	cmd := exec.Command("/proc/self/exe", append([]string{itself(unix.Geteuid()), itself(unix.Getegid())}, args...)...)
	cmd.Args[0] = DirectoryRole
	cmd.Env = []string{}
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS, AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN}, Pdeathsig: syscall.SIGKILL,
	}
	err = cmd.Run()
	_ = theirs.Close()
	if pe, ok := errors.AsType[*os.PathError](err); ok { // which names /proc/self/exe
		return -1, fmt.Errorf("starting a process in a user namespace: %w", pe.Err)
	}
	return handedOver(p[0], err)
}

// handedOver takes the descriptor, or the words why there is none; err is how the helper
// ended.
func handedOver(socket int, err error) (int, error) {
	text, control := make([]byte, 256), make([]byte, unix.CmsgSpace(4))
	n, m, _, _, rerr := unix.Recvmsg(socket, text, control, unix.MSG_CMSG_CLOEXEC)
	messages, _ := unix.ParseSocketControlMessage(control[:max(m, 0)])
	for i := range messages {
		if fds, ferr := unix.ParseUnixRights(&messages[i]); ferr == nil && len(fds) == 1 {
			return fds[0], nil
		}
	}
	if n > 0 {
		err = errors.New(string(text[:n]))
	}
	return -1, fmt.Errorf("in a user namespace: %w", cmp.Or(err, rerr, errors.New("nothing was handed over")))
}

func init() {
	serveDirectory = func(args []string) error {
		const socket = 3
		if len(args) < 2 {
			return unix.EINVAL
		}
		err := mapSelf(args[0], args[1])
		fd := -1
		if err == nil {
			fd, err = makeDirectory(args[2:])
		}
		if err != nil {
			_ = unix.Sendmsg(socket, []byte(err.Error()), nil, nil, 0)
			return err
		}
		return unix.Sendmsg(socket, []byte{0}, unix.UnixRights(fd), nil, 0)
	}
}

// itself is a line of a map of ids. Within, before it is written, an id has no number.
func itself(id int) string { return fmt.Sprintf("%d %d 1", id, id) }

// mapSelf maps this user to itself (user_namespaces(7)), so that it may make files. The
// process does it for its own: who started it has closed its memory, and may not.
func mapSelf(uid, gid string) error {
	for _, f := range [][2]string{{"setgroups", "deny"}, {"uid_map", uid}, {"gid_map", gid}} {
		if err := os.WriteFile("/proc/self/"+f[0], []byte(f[1]), 0); err != nil {
			return err
		}
	}
	return nil
}
