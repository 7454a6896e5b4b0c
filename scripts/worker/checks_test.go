//go:build linux

package worker_test

import (
	"strings"
	"testing"
)

var channels = []string{"pipe", "memfd"}

// overChannels runs f for every helper and channel.
func overChannels(t *testing.T, f func(t *testing.T, h helper, channel string)) {
	each(t, every, func(t *testing.T, h helper) {
		for _, c := range channels {
			t.Run(c, func(t *testing.T) { f(t, h, c) })
		}
	})
}

// arrived checks exit code and values, and that silence is kept.
func (r result) arrived(t *testing.T, want string) {
	t.Helper()
	if r.code != 0 || r.stderr != "" {
		t.Errorf("worker: exit code %d, stderr %q, want 0 and nothing", r.code, r.stderr)
	}
	if r.stdout != want {
		t.Errorf("worker read %q, want %q", short(r.stdout), short(want))
	}
}

func short(s string) string {
	if len(s) > 400 {
		return s[:400] + "…"
	}
	return s
}

// gone checks that neither worker nor grandchild shows a value, that the
// grandchild finds no variable of ours, and that the descriptors are closed.
func (r result) gone(t *testing.T, values ...string) {
	t.Helper()
	if len(r.handed) != len(values) {
		t.Fatalf("handed over: %v, want %d descriptors", r.handed, len(values))
	}
	if all := strings.Join(r.Worker.Cmdline, " "); !strings.Contains(all, "/worker.") {
		t.Fatalf("the probe's parent is %q, want the worker", all)
	}
	for who, p := range map[string]process{"worker": r.Worker, "grandchild": r.Child} {
		for _, text := range append(p.Environ, p.Cmdline...) {
			for _, v := range values {
				if strings.Contains(text, v) {
					t.Errorf("%s: environment or arguments hold the secret: %q", who, text)
				}
			}
		}
		for n, o := range p.Open {
			for variable, h := range r.handed {
				if o == h.Object {
					t.Errorf("%s: descriptor %d is still what %s named, want it closed", who, n, variable)
				}
			}
		}
	}
	for _, e := range r.Child.Environ {
		if v, _, _ := strings.Cut(e, "="); strings.HasPrefix(v, "WG_") && (strings.HasSuffix(v, "_FD") || strings.HasSuffix(v, "_FILE")) {
			t.Errorf("grandchild inherits %s", e)
		}
	}
}
