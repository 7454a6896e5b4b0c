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
	// Form, where it is set, returns what is wrong with the form of a path.
	Form func(path string) error
	// Program says that Get asks a program: a row of managers.toml or of config.toml.
	Program bool
	// Local says that Get reads only our own files or memory, and needs no
	// deadline: a timer costs a thread and a poller at every start.
	Local bool
	// Here says that the answer is the asking process's own: its environment, or files
	// that a mount gives to it. A broker cannot answer in its place.
	Here bool
	// runs, where it is set, lists the programs that Get asks, by name.
	runs func() []string
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
	// CredentialsIfUsed are dropped only where a secret of this backend is delivered.
	CredentialsIfUsed []string
}

// Store is the writing side of a backend. Names are valid (names.Valid).
type Store struct {
	// Set stores secret under name and reports whether an entry was replaced; with
	// onlyNew none is, and the error wraps ErrThere. It has read the entry back when it
	// returns nil.
	Set func(ctx context.Context, s *Settings, name string, secret *Secret, onlyNew bool) (replaced bool, err error)
	// Remove removes name; ErrNotFound if it is not there.
	Remove func(ctx context.Context, s *Settings, name string) error
	// Unlock, where it is set, opens a locked store for what comes after in this process,
	// asking a person where need be.
	Unlock func(ctx context.Context, s *Settings) error
	// List returns all names, sorted, and asks nobody.
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
	manager("gopass", "gopass", "GOPASS_AGE_PASSWORD"),
	manager("passage", "passage, pass with age"),
	manager("bw", "Bitwarden, by its program bw", "BW_SESSION", "BW_CLIENTID", "BW_CLIENTSECRET", "BW_PASSWORD"),
	manager("bws", "Bitwarden Secrets Manager", "BWS_ACCESS_TOKEN"),
	manager("rbw", "Bitwarden, by its program rbw"),
	manager("keepassxc", "an entry of a KeePass database, by keepassxc-cli"),
	manager("vault", "HashiCorp Vault, KV version 2", "VAULT_TOKEN"),
	manager("bao", "OpenBao, KV version 2", "BAO_TOKEN", "VAULT_TOKEN"),
	manager("doppler", "Doppler", "DOPPLER_TOKEN"),
	manager("infisical", "Infisical", "INFISICAL_TOKEN", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"),
	cloud("awssm", "AWS Secrets Manager", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
	cloud("awsps", "AWS Systems Manager Parameter Store", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
	cloud("gcpsm", "Google Cloud Secret Manager", "CLOUDSDK_AUTH_ACCESS_TOKEN"),
	cloud("azkv", "Azure Key Vault", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
	manager("systemd-creds", "an encrypted systemd credential in a file"),
}

// Backends returns THE LIST in its order, and behind it the user's managers.
func (s *Settings) Backends() []Backend {
	return append(backends[:len(backends):len(backends)], s.Managers...)
}

// BackendOf returns the backend of a scheme, or nil: auto: is no backend.
func (s *Settings) BackendOf(scheme string) *Backend {
	for _, list := range [][]Backend{backends, s.Managers} {
		for i := range list {
			if list[i].Scheme == scheme {
				return &list[i]
			}
		}
	}
	return nil
}

// Schemes returns the scheme of every backend and "auto".
func (s *Settings) Schemes() []string {
	var list []string
	for _, b := range s.Backends() {
		list = append(list, b.Scheme)
	}
	return append(list, "auto")
}
