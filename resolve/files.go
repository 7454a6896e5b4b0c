package resolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
)

var fileBackend = Backend{
	Scheme: "file",
	Help:   "a file, such as a Docker or Kubernetes secret",
	Get: func(ctx context.Context, _ *Settings, path string) (*Secret, error) {
		path, err := homePath(path)
		if err != nil {
			return nil, err
		}
		return readSecretFile(ctx, path)
	},
}

// homePath expands a leading ~/.
func homePath(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("expanding ~: %w", err)
	}
	return filepath.Join(home, rest), nil
}

// systemd.exec(5), LoadCredential=.
var credentialBackend = Backend{
	Scheme: "credential",
	Help:   "a systemd credential in $CREDENTIALS_DIRECTORY",
	Check: func(context.Context, *Settings) error {
		_, err := credentialsDirectory()
		return err
	},
	Get: func(ctx context.Context, _ *Settings, name string) (*Secret, error) {
		dir, err := credentialsDirectory()
		if err != nil {
			return nil, err
		}
		if strings.ContainsRune(name, '/') || name == "." || name == ".." {
			return nil, errors.New("a credential's name has no slash")
		}
		return readSecretFile(ctx, filepath.Join(dir, name))
	},
}

func credentialsDirectory() (string, error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", hint.Add(fmt.Errorf("$CREDENTIALS_DIRECTORY is not set: %w", ErrUnavailable),
			"systemd sets it for a service with LoadCredential=")
	}
	return dir, nil
}

var keystoreBackend = Backend{
	Scheme: "keystore",
	Help:   "a key that the wg tool keeps in ~/.wg/keystore (read only)",
	Named:  true,
	Check: func(_ context.Context, s *Settings) error {
		if _, err := os.Stat(filepath.Join(s.Home, "keystore")); s.Home == "" || errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the wg tool keeps nothing there: %w", ErrUnavailable)
		}
		return nil
	},
	Get: func(ctx context.Context, s *Settings, name string) (*Secret, error) {
		if s.Home == "" {
			return nil, fmt.Errorf("neither WG_HOME nor HOME is set: %w", ErrUnavailable)
		}
		return readSecretFile(ctx, filepath.Join(s.Home, "keystore", name))
	},
}

// readSecretFile reads a file as it is: any owner, mode, symlink or FIFO. The
// fence is for a FIFO that nobody writes to and for a file system that hangs.
func readSecretFile(ctx context.Context, path string) (*Secret, error) {
	return fence(ctx, func() (*Secret, error) {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nowhere("no such file")
		}
		if err != nil {
			return nil, withoutPath(err)
		}
		defer func() { _ = f.Close() }()
		secret, err := ReadSecret(f)
		return secret, withoutPath(err)
	})
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
