package fdpass

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// isMemfd: ours are sealed against writing, which no file with a name is (fcntl(2),
// "File Sealing").
func isMemfd(fd int) bool {
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	return err == nil && seals&unix.F_SEAL_WRITE != 0
}

const allSeals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// openMemfd makes a memory file (memfd_create(2)) of mode 0400, sealed against
// every change, and returns it opened read-only: a new memfd is 0777 and
// writable, which ssh and psql refuse and ansible-vault executes.
func openMemfd(label string, data []byte) (*os.File, error) {
	rw, ro, err := makeMemfd(label, data, allSeals)
	if err != nil {
		return nil, err
	}
	_ = unix.Close(rw)
	return os.NewFile(uintptr(ro), "memfd"), nil
}

// makeMemfd returns the memory file as it was made, too, with these seals.
func makeMemfd(label string, data []byte, seals int) (rw, ro int, err error) {
	rw, err = memfdCreate("wg-run:" + label)
	if err != nil {
		return -1, -1, fmt.Errorf("making a memory file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(rw)
		}
	}()
	for left := data; len(left) > 0; {
		var n int
		if n, err = unix.Write(rw, left); err != nil && err != unix.EINTR {
			return -1, -1, fmt.Errorf("filling a memory file with %d bytes: %w", len(data), err)
		}
		left = left[max(n, 0):]
	}
	if err = unix.Fchmod(rw, 0o400); err != nil {
		return -1, -1, fmt.Errorf("setting a memory file's mode: %w", err)
	}
	if _, err = unix.FcntlInt(uintptr(rw), unix.F_ADD_SEALS, seals); err != nil {
		return -1, -1, fmt.Errorf("sealing a memory file: %w", err)
	}
	ro, err = unix.Open(ownPath(rw), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("reopening a memory file read-only through /proc: %w", err)
	}
	return rw, ro, nil
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
