package e2e

import "golang.org/x/sys/unix"

func echo(fd int) (bool, error) {
	t, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	if err != nil {
		return false, err
	}
	return t.Lflag&unix.ECHO != 0, nil
}
