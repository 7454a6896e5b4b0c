package resolve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

var fileBackend = Backend{
	Scheme: "file",
	Help:   "a file, such as a Docker or Kubernetes secret",
	Here:   true,
	Get: func(ctx context.Context, _ *Settings, path string) (*Secret, error) {
		path, err := homePath(path)
		if err != nil {
			return nil, err
		}
		secret, err := readSecretFile(ctx, path)
		if errors.Is(err, ErrNotFound) {
			err = hint.Add(err, "look for it with ls -l; a path that begins with no / is one of the folder in which wg-run runs")
		}
		return secret, err
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
	Here:   true,
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
		secret, err := readSecretFile(ctx, filepath.Join(dir, name))
		if errors.Is(err, ErrNotFound) {
			name = names.Or(name, "NAME")
			err = hint.Add(nowhere("no such credential"),
				"the unit needs LoadCredential="+name+":FILE or SetCredential="+name+":VALUE; what it has: systemd-creds list")
		}
		return secret, err
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
