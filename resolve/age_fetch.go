package resolve

import (
	"context"
	"fmt"
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
		// Not Resolve: its text has the reference, which may be an identity in some other
		// form, and for a remark it looks through other stores, of which age is one.
		secret, err := r.get(ctx, ref)
		if err != nil {
			err = fmt.Errorf("asking %s: %w", scheme, err)
		}
		return secret, true, err
	}
}
