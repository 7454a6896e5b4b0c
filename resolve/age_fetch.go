package resolve

import (
	"context"
	"strings"
)

// fetch gets the secret that a reference names, for a backend that needs one to open
// its store; isRef is false where text has no known scheme. A variable, since THE LIST
// would depend on itself.
var fetch func(ctx context.Context, s *Settings, text string) (secret *Secret, isRef bool, err error)

func init() {
	fetch = func(ctx context.Context, s *Settings, text string) (*Secret, bool, error) {
		scheme, _, ok := strings.Cut(text, ":")
		if !ok || s.BackendOf(scheme) == nil && scheme != "plain" {
			return nil, false, nil
		}
		ref, err := s.ParseRef(text)
		if err != nil {
			return nil, true, err
		}
		r := &Resolver{Settings: *s}
		secret, err := r.one(ctx, ref, "") // no other store is looked through for a remark: age would be one
		return secret, true, err
	}
}
