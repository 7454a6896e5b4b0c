package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/graphwork/wg-run/internal/hint"
)

// stores runs f for every backend of THE LIST that stores.
func stores(t *testing.T, f func(t *testing.T, b *Backend, r *Resolver)) {
	conform(t, func(t *testing.T, b *Backend, _ trial, r *Resolver, _ func() string) {
		if b.Store == nil {
			return
		}
		t.Cleanup(func() {
			ctx := context.Background() // the test's own has ended
			list, _ := r.List(ctx, b.Scheme)
			for _, name := range list {
				_ = r.Remove(ctx, b.Scheme, name)
			}
		})
		f(t, b, r)
	})
}

func TestStoreConforms(t *testing.T) {
	stores(t, func(t *testing.T, b *Backend, r *Resolver) {
		ctx, ref := t.Context(), Ref{Scheme: b.Scheme, Path: "round.trip"}
		if list, err := r.List(ctx, b.Scheme); len(list) != 0 || err != nil {
			t.Errorf("%s: List(empty) = %q, %v; want nothing", b.Scheme, list, err)
		}
		if err := r.Remove(ctx, b.Scheme, ref.Path); OutcomeOf(err) != NotFound {
			t.Errorf("%s: Remove(missing) = %v, want ErrNotFound", b.Scheme, err)
		}
		for i, value := range []string{planted, "second", "third\n"} {
			replaced, err := r.Set(ctx, b.Scheme, ref.Path, NewSecret([]byte(value)))
			if replaced != (i > 0) || err != nil {
				t.Errorf("%s: Set(%q) = %v, %v; want replaced %v", b.Scheme, value, replaced, err, i > 0)
			}
			if got, err := resolved(t, ctx, r, ref); err != nil || string(got.Bytes()) != value {
				t.Errorf("%s: Set(%q), then Get = %q, %v; want it", b.Scheme, value, bytesOf(got), err)
			}
		}
		for _, name := range []string{"b", "a"} {
			if replaced, err := r.Set(ctx, b.Scheme, name, NewSecret([]byte(name))); replaced || err != nil {
				t.Errorf("%s: Set(%s) = %v, %v; want false, nil", b.Scheme, name, replaced, err)
			}
		}
		if list, err := r.List(ctx, b.Scheme); !slices.Equal(list, []string{"a", "b", "round.trip"}) || err != nil {
			t.Errorf("%s: List = %q, %v; want [a b round.trip]", b.Scheme, list, err)
		}
		if err := r.Remove(ctx, b.Scheme, ref.Path); err != nil {
			t.Errorf("%s: Remove = %v, want nil", b.Scheme, err)
		}
		if got, err := resolved(t, ctx, r, ref); OutcomeOf(err) != NotFound {
			t.Errorf("%s: Remove, then Get = %v, %v; want ErrNotFound", b.Scheme, got, err)
		}
		if list, err := r.List(ctx, b.Scheme); !slices.Equal(list, []string{"a", "b"}) || err != nil {
			t.Errorf("%s: Remove, then List = %q, %v; want [a b]", b.Scheme, list, err)
		}
		if replaced, err := r.Set(ctx, b.Scheme, ref.Path, NewSecret([]byte("anew"))); replaced || err != nil {
			t.Errorf("%s: Set(removed) = %v, %v; want false, nil", b.Scheme, replaced, err)
		}
	})
}

func TestStoreValues(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	stores(t, func(t *testing.T, b *Backend, r *Resolver) {
		for name, value := range map[string][]byte{
			"binary": all, "nul": {0}, "invalid": []byte("\xff\xfe"), "pem": []byte(pem), "crlf": []byte("a\r\n"), "newline": []byte("\n"),
			"mib": bytes.Repeat([]byte("x"), MaxSecret), "mib.binary": bytes.Repeat(all, MaxSecret/256), "mib.escaped": bytes.Repeat([]byte{1}, MaxSecret),
		} {
			if slow && len(value) == MaxSecret { // scripts/test comes back to it
				continue
			}
			secret := NewSecret(bytes.Clone(value))
			if _, err := r.Set(t.Context(), b.Scheme, name, secret); err != nil || !bytes.Equal(secret.Bytes(), value) {
				t.Errorf("%s: Set(%s) = %v, and left %d bytes; want nil and the value untouched", b.Scheme, name, err, secret.Len())
			}
			if got, err := resolved(t, t.Context(), r, Ref{Scheme: b.Scheme, Path: name}); err != nil || !bytes.Equal(got.Bytes(), value) {
				t.Errorf("%s: Set(%s), then Get = %d bytes, %v; want the same %d", b.Scheme, name, len(bytesOf(got)), err, len(value))
			}
			if err := r.Remove(t.Context(), b.Scheme, name); err != nil {
				t.Errorf("%s: Remove(%s) = %v, want nil", b.Scheme, name, err)
			}
		}
	})
}

func TestStoreRefuses(t *testing.T) {
	big := bytes.Repeat([]byte("x"), MaxSecret+1)
	stores(t, func(t *testing.T, b *Backend, r *Resolver) {
		for name, c := range map[string]struct {
			name  string
			value []byte
			want  error
		}{
			"empty": {"k", nil, ErrEmpty}, "too big": {"k", big, ErrTooBig}, "bad name": {"a/b", []byte(planted), nil}, "no name": {"", []byte(planted), nil},
			"a key as name": {planted + "/", []byte(planted), nil},
		} {
			_, err := r.Set(t.Context(), b.Scheme, c.name, NewSecret(c.value))
			if err == nil || c.want != nil && !errors.Is(err, c.want) || holdsPart(err.Error()+hint.Of(err), planted) {
				t.Errorf("%s: Set(%s) = %v, want %v and nothing of the value", b.Scheme, name, err, c.want)
			}
		}
		if list, err := r.List(t.Context(), b.Scheme); len(list) != 0 || err != nil {
			t.Errorf("%s: after refusals List = %q, %v; want nothing", b.Scheme, list, err)
		}
		for name, ctx := range map[string]func() error{
			"Set":    func() error { _, err := r.Set(cancelled(), b.Scheme, "k", NewSecret([]byte(planted))); return err },
			"Remove": func() error { return r.Remove(cancelled(), b.Scheme, "k") },
		} {
			if err := ctx(); OutcomeOf(err) != Failed || holdsPart(err.Error(), planted) {
				t.Errorf("%s: %s(cancelled) = %v, want a failure", b.Scheme, name, err)
			}
		}
	})
	r, _ := newResolver(t)
	for _, scheme := range []string{"file", "op", "auto", "nosuch", ""} {
		_, serr := r.Set(t.Context(), scheme, "k", NewSecret([]byte(planted)))
		_, lerr := r.List(t.Context(), scheme)
		for call, err := range map[string]error{"Set": serr, "Remove": r.Remove(t.Context(), scheme, "k"), "List": lerr} {
			if err == nil || holdsPart(err.Error(), planted) {
				t.Errorf("%s(%q) = %v, want an error", call, scheme, err)
			}
		}
	}
}

const crowd = 50

func nameOf(i int) (name, value string) { return fmt.Sprintf("n%02d", i), fmt.Sprintf("value %d", i) }

// wantCrowd wants every entry of the crowd, and no other.
func wantCrowd(t *testing.T, b *Backend, r *Resolver, by string) {
	t.Helper()
	var want []string
	for i := range crowd {
		name, value := nameOf(i)
		want = append(want, name)
		if got, err := resolved(t, t.Context(), r, Ref{Scheme: b.Scheme, Path: name}); err != nil || string(got.Bytes()) != value {
			t.Errorf("%s, set by 50 %s at once: Get(%s) = %q, %v; want %q", b.Scheme, by, name, bytesOf(got), err, value)
		}
	}
	if list, err := r.List(t.Context(), b.Scheme); !slices.Equal(list, want) || err != nil {
		t.Errorf("%s, set by 50 %s at once: List = %q, %v; want all", b.Scheme, by, list, err)
	}
}

func TestStoreCrowd(t *testing.T) {
	stores(t, func(t *testing.T, b *Backend, r *Resolver) {
		r.Timeout = 0 // twenty seconds: they wait for one another
		var group sync.WaitGroup
		for i := range crowd {
			group.Go(func() {
				name, value := nameOf(i)
				if replaced, err := r.Set(t.Context(), b.Scheme, name, NewSecret([]byte(value))); replaced || err != nil {
					t.Errorf("%s, 50 goroutines at once: Set(%s) = %v, %v; want false, nil", b.Scheme, name, replaced, err)
				}
			})
		}
		group.Wait()
		wantCrowd(t, b, r, "goroutines")
	})
}

func TestStoreCrowdOfProcesses(t *testing.T) {
	stores(t, func(t *testing.T, b *Backend, r *Resolver) {
		var running []*exec.Cmd
		out := make([]strings.Builder, crowd)
		for i := range crowd {
			name, value := nameOf(i)
			cmd := asHelper("set", b.Scheme+":"+name, "testOnlyHome="+r.Home, "testOnlyValue="+value)
			cmd.Stdout, cmd.Stderr = &out[i], &out[i]
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running = append(running, cmd)
		}
		for i, cmd := range running {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s, 50 processes at once: number %d: %v, %s", b.Scheme, i, err, out[i].String())
			}
		}
		wantCrowd(t, b, r, "processes")
	})
}

// A store that loses what was set without an error is found out.
func TestSetIsReadBack(t *testing.T) {
	withKeyring(t)
	r, _ := newResolver(t)
	defer func(f func()) { testOnlyLose = f }(testOnlyLose)
	for scheme, lose := range map[string]func(){
		"keyring": func() { _ = keyring.Set(keyringService, "wg-lost", "another value") },
		"plaintext": func() {
			_ = os.WriteFile(filepath.Join(r.Home, "secrets.toml"), []byte("version = 1\n[secrets]\nother = \"x\"\n"), 0o600)
		},
	} {
		testOnlyLose = lose
		_, err := r.Set(t.Context(), scheme, "wg-lost", NewSecret([]byte(planted)))
		if err == nil || !strings.Contains(err.Error(), "what was read back is not what was") || holdsPart(err.Error(), planted) {
			t.Errorf("Set(%s, which loses it) = %v, want an error that says so", scheme, err)
		}
	}
	testOnlyLose = func() { _ = keyring.Delete(keyringService, "wg-lost") }
	if _, err := r.Set(t.Context(), "keyring", "wg-lost", NewSecret([]byte(planted))); !errors.Is(err, ErrNotFound) {
		t.Errorf("Set(keyring, which removes it) = %v, want ErrNotFound", err)
	}
}
