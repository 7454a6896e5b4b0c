//go:build unix

package fdpass

import (
	"os"
	"strconv"
	"syscall"
	"testing"
)

// hand sets the variables of a secret as wg-run does, and gives the descriptor
// up to Read, as an inherited one: it is a copy and not close-on-exec.
func hand(t *testing.T, name string, f *os.File) (fd int) {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	handNumber(t, name, strconv.Itoa(fd))
	return fd
}

func handNumber(t *testing.T, name, number string) {
	t.Helper()
	fdVar, fileVar := Variables(name)
	t.Setenv(fdVar, number)
	t.Setenv(fileVar, "/dev/fd/"+number)
}
