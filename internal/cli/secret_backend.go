package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type secretBackend struct {
	Show backendShow `cmd:"" help:"Show every backend: whether it is used, reachable, locked, and why not."`
	Set  backendSet  `cmd:"" help:"Choose the backend that stores new secrets."`
}

type backendShow struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// backendState is what is known of a backend without asking it for a value.
type backendState struct {
	Backend   string `json:"backend"`
	Help      string `json:"help"`
	Writable  bool   `json:"writable"`
	Default   bool   `json:"default"`
	Active    bool   `json:"active"`
	Reachable bool   `json:"reachable"`
	Locked    bool   `json:"locked"`
	SignedOut bool   `json:"signed_out"`
	Why       string `json:"why,omitempty"`
	Hint      string `json:"hint,omitempty"`

	program bool
	err     error
}

// backendStates asks all backends at the same time: some start a program, and one
// that hangs is waited for alone. Nobody is made to unlock anything.
func backendStates(ctx context.Context, r *resolve.Resolver) []backendState {
	backends := r.Backends()
	list := make([]backendState, len(backends))
	var asked sync.WaitGroup
	for i, b := range backends {
		asked.Go(func() { list[i] = stateOf(ctx, r, &b) })
	}
	asked.Wait()
	return list
}

func stateOf(ctx context.Context, r *resolve.Resolver, b *resolve.Backend) backendState {
	s := backendState{
		Backend: b.Scheme, Help: b.Help, Writable: b.Store != nil, Default: b.Scheme == r.DefaultBackend,
		Active: b.Allowed == nil || b.Allowed(&r.Settings), Reachable: true, program: b.Program,
	}
	if err := r.Check(ctx, b.Scheme); err != nil {
		s.Locked, s.SignedOut = errors.Is(err, resolve.ErrLocked), errors.Is(err, resolve.ErrSignedOut)
		s.Reachable = s.Locked || s.SignedOut
		s.Why, s.Hint, s.err = err.Error(), hint.Of(err), err
	}
	return s
}

// word sums a state up.
func (s *backendState) word() string {
	switch {
	case !s.Active:
		return "not allowed"
	case s.Locked:
		return "locked"
	case s.SignedOut:
		return "signed out"
	case !s.Reachable:
		return "not reachable"
	}
	return "ready"
}

// Run prints the state of every backend; * marks the one that stores.
func (c *backendShow) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	list := backendStates(context.Background(), r)
	if c.JSON {
		return printJSON(map[string]any{"default": r.DefaultBackend, "backends": list})
	}
	var absent []string
	for _, s := range list {
		if s.program && resolve.OutcomeOf(s.err) == resolve.Unavailable {
			absent = append(absent, s.Backend)
			continue
		}
		s.print()
	}
	if len(absent) > 0 {
		stdout("  not installed: %s\n", strings.Join(absent, ", "))
	}
	return nil
}

func (s *backendState) print() {
	mark := " "
	if s.Default {
		mark = "*"
	}
	stdout("%s %-13s %-14s %s\n", mark, s.Backend, s.word(), names.Printable(s.Help))
	if s.Why != "" {
		stdout("  %-13s %-14s %s\n", "", "", names.Escaped(s.Why))
	}
	if s.Hint != "" && (s.Default || resolve.OutcomeOf(s.err) != resolve.Unavailable) {
		stdout("  %-13s %-14s hint: %s\n", "", "", names.Escaped(s.Hint))
	}
}

type backendSet struct {
	Backend        string `arg:"" placeholder:"BACKEND" predictor:"backend" help:"keyring, age or plaintext."`
	AllowPlaintext bool   `help:"Allow the plaintext store, which is not encrypted."`
	Identity       string `placeholder:"FILE" help:"age: use this identity or ssh key, instead of making one."`
	PostQuantum    bool   `help:"age: make a post-quantum identity; age before 1.3 cannot read what is encrypted to it."`
	Passphrase     bool   `help:"age: lock the identity that is made with a passphrase, which is asked for."`
}

// Run writes default_backend, and allow_plaintext where that was asked for.
func (c *backendSet) Run() error {
	home := profiles.Locate()
	r, err := newResolver(home)
	if err != nil {
		return err
	}
	scheme, err := resolve.Storing(c.Backend)
	if err != nil {
		return fmt.Errorf("choosing the backend: %w", err)
	}
	settings := []profiles.Setting{{Key: "default_backend", Value: scheme}}
	if c.AllowPlaintext {
		r.AllowPlaintext = true
		settings = append(settings, profiles.Setting{Key: "allow_plaintext", Value: true})
	}
	check := r.Check(context.Background(), scheme)
	if errors.Is(check, resolve.ErrNotAllowed) {
		return fmt.Errorf("choosing the backend: %w: it is not encrypted", check)
	}
	if err := c.setUp(context.Background(), r, r.BackendOf(scheme)); err != nil {
		return err
	}
	check = r.Check(context.Background(), scheme)
	ctx, cancel := locking(home)
	defer cancel()
	if err := home.Configure(ctx, settings...); err != nil {
		return err
	}
	say("new secrets are stored in " + scheme)
	if check != nil {
		_ = complain(fmt.Errorf("warning: at the moment it cannot be used: %w", check), 0)
	}
	return nil
}

// setUp makes what a backend needs, and says what it did. It is for backends that
// store in a file which has to be kept, and keys which must not be lost.
func (c *backendSet) setUp(ctx context.Context, r *resolve.Resolver, b *resolve.Backend) error {
	how := resolve.Setup{Identity: c.Identity, PostQuantum: c.PostQuantum, Passphrase: c.Passphrase}
	if b.Setup == nil {
		if how.Asked() {
			return errors.New("choosing the backend: --identity, --post-quantum and --passphrase are for age")
		}
		return nil
	}
	if err := b.Setup(ctx, &r.Settings, how); err != nil {
		return fmt.Errorf("setting up %s: %w", b.Scheme, err)
	}
	say("hint: to keep the store in git, merged entry by entry: wg-run secret git-setup (docs/age.md)")
	return nil
}
