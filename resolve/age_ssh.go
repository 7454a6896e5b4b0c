package resolve

import (
	"context"
	"errors"
	"os/exec"
)

func findProgram(name string) (string, error) { return exec.LookPath(name) }

func unsealBySSH(ctx context.Context, s *Settings, key string, sealed []byte) ([]byte, error) {
	return nil, errors.New("later")
}
func sealByProgram(ctx context.Context, s *Settings, plain []byte, recipients []string) ([]byte, error) {
	return nil, errors.New("later")
}
