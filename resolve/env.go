package resolve

import (
	"context"
	"os"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

var envBackend = Backend{
	Scheme: "env",
	Help:   "an environment variable (deprecated)",
	Here:   true,
	Local:  true,
	Get: func(_ context.Context, s *Settings, variable string) (*Secret, error) {
		value := os.Getenv(variable)
		if value == "" {
			return nil, hint.Add(ErrNotFound, "is it exported? better than a variable: wg-run secret set NAME, and then keyring:NAME")
		}
		s.say("warning: %s is read from the environment, where every program that you start sees it (deprecated)",
			names.Show(variable))
		return NewSecret([]byte(value)), nil
	},
}

var literalBackend = Backend{
	Scheme: "literal",
	Help:   "the text itself, for tests only",
	Here:   true,
	Local:  true,
	Get: func(_ context.Context, s *Settings, value string) (*Secret, error) {
		s.say("WARNING: literal: puts the secret itself on the command line or into a file; it is for tests only")
		return NewSecret([]byte(value)), nil
	},
}
