package resolve

import "context"

// Backend resolves the references of one scheme.
type Backend struct {
	// Scheme is what stands before the colon.
	Scheme string
	// Help is one line for people.
	Help string
	// Get returns the secret at path. It returns soon after ctx ends, and its
	// error wraps ErrNotFound or ErrUnavailable exactly where that is so. It
	// holds no part of a value.
	Get func(ctx context.Context, s *Settings, path string) (*Secret, error)
	// Local says that Get reads only our own files or memory, and needs no
	// deadline: a timer costs a thread and a poller at every start.
	Local bool
	// Named says that a path is a name of ours (names.Valid).
	Named bool
	// Check, where it is set, returns the error that Get would meet whatever the
	// path: it wraps ErrUnavailable or ErrLocked where that is so. It asks nobody
	// to unlock anything and reads no value.
	Check func(ctx context.Context, s *Settings) error
	// Allowed, where it is set, says whether the settings let the backend be used;
	// a search asks it last, behind the environment.
	Allowed func(s *Settings) bool
	// Store is nil where wg-run cannot write.
	Store *Store
	// Setup, where it is set, makes what the store needs before anything can be stored,
	// keeps what is there, and says what was done.
	Setup func(ctx context.Context, s *Settings, how Setup) error
	// Credentials are the variables with which the backend's program is let in.
	// The worker does not get them; a trailing * stands for any ending.
	Credentials []string
}

// Store is the writing side of a backend. Names are valid (names.Valid).
type Store struct {
	// Set stores secret under name and reports whether an entry was replaced; with
	// onlyNew none is, and the error wraps ErrThere. It has read the entry back when it
	// returns nil.
	Set func(ctx context.Context, s *Settings, name string, secret *Secret, onlyNew bool) (replaced bool, err error)
	// Remove removes name; ErrNotFound if it is not there.
	Remove func(ctx context.Context, s *Settings, name string) error
	// List returns all names, sorted.
	List func(ctx context.Context, s *Settings) ([]string, error)
}

// backends is THE LIST: one line for each backend. A search asks those that store,
// in this order.
var backends = []Backend{
	keyringBackend,
	ageBackend,
	plaintextBackend,
	fileBackend,
	credentialBackend,
	keystoreBackend,
	envBackend,
	literalBackend,
	manager("op", "1Password, by its program op", "OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_TOKEN", "OP_SESSION_*"),
	manager("pass", "pass, the standard unix password manager"),
}

// Backends returns THE LIST in its order; the caller must not change it.
func Backends() []Backend { return backends }

// BackendOf returns the backend of a scheme, or nil: auto: is no backend.
func BackendOf(scheme string) *Backend { return find(scheme) }
