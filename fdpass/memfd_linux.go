package fdpass

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func init() {
	// Ours are sealed against writing, which no file with a name is (fcntl(2),
	// "File Sealing").
	isMemfd = func(fd int) bool {
		seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
		return err == nil && seals&unix.F_SEAL_WRITE != 0
	}
}

const allSeals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// openMemfd makes a memory file (memfd_create(2)) of mode 0400, sealed against
// every change, and returns it opened read-only: a new memfd is 0777 and
// writable, which ssh and psql refuse and ansible-vault executes.
func openMemfd(label string, data []byte) (*os.File, error) {
	fd, err := memfdCreate("wg-run:" + label)
	if err != nil {
		return nil, fmt.Errorf("making a memory file: %w", err)
	}
	rw := os.NewFile(uintptr(fd), "memfd")
	defer func() { _ = rw.Close() }()
	if _, err := rw.Write(data); err != nil {
		return nil, fmt.Errorf("filling a memory file with %d bytes: %w", len(data), err)
	}
	if err := unix.Fchmod(fd, 0o400); err != nil {
		return nil, fmt.Errorf("setting a memory file's mode: %w", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, allSeals); err != nil {
		return nil, fmt.Errorf("sealing a memory file: %w", err)
	}
	ro, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reopening a memory file read-only through /proc: %w", err)
	}
	return os.NewFile(uintptr(ro), "memfd"), nil
}

// memfdCreate asks for a file that cannot be made executable; kernels before 6.3
// do not know that flag.
func memfdCreate(name string) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) {
		return unix.MemfdCreate(name, flags)
	}
	return fd, err
}
