package resolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/graphwork/wg-run/internal/hint"
)

// readSecretFile reads a file as it is.
func readSecretFile(ctx context.Context, path string) (*Secret, error) {
	return readFileBy(ctx, path, ReadSecret)
}

// readFileBy has read look for the value in a file of any owner and mode, a symlink or a
// FIFO too. The fence is for a FIFO that nobody writes to and for a file system that hangs.
func readFileBy(ctx context.Context, path string, read func(io.Reader) (*Secret, error)) (*Secret, error) {
	return fence(ctx, func() (*Secret, error) {
		f, err := openSecretFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nowhere("no such file")
		}
		if errors.Is(err, fs.ErrPermission) {
			return nil, hint.Add(withoutPath(err), fmt.Sprintf("wg-run is uid %d here; whose each part of the path is: namei -l FILE", os.Getuid()))
		}
		if err != nil {
			return nil, withoutPath(err)
		}
		defer func() { _ = f.Close() }()
		secret, err := read(f)
		return secret, withoutPath(err)
	})
}

// openSecretFile opens the file again where it was gone and yet has a name: Kubernetes
// switches a link to a new folder and removes the old one, maybe while its path is
// followed.
func openSecretFile(path string) (f *os.File, err error) {
	for range 5 {
		if f, err = os.Open(path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if _, lerr := os.Lstat(path); lerr != nil {
			break
		}
	}
	return f, err
}

// withoutPath drops the path, which the reference already shows where it may.
func withoutPath(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// ReadSecret reads r to its end and applies the newline rule. ErrTooBig where
// the value is over MaxSecret bytes.
func ReadSecret(r io.Reader) (*Secret, error) {
	b, err := readBounded(r)
	if err != nil {
		return nil, err
	}
	if b = TrimNewline(b); len(b) > MaxSecret {
		clear(b)
		return nil, ErrTooBig
	}
	return NewSecret(b), nil
}

// readBounded reads r to its end into memory that is cleared when it is
// outgrown; ErrTooBig past MaxSecret and a newline.
func readBounded(r io.Reader) ([]byte, error) {
	buf := make([]byte, 0, 4096)
	for {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), 4*cap(buf))
			copy(grown, buf)
			clear(buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) > MaxSecret+len("\r\n") {
			clear(buf)
			return nil, ErrTooBig
		}
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			clear(buf)
			return nil, err
		}
	}
}
