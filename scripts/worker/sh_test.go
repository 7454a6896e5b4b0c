//go:build linux

package worker_test

import (
	"strings"
	"testing"
)

// What a caller sets must not show the value, nor be lost.
func TestShellOptions(t *testing.T) {
	kept := func(flag string) string { return "case $- in *" + flag + "*) ;; *) exit 71 ;; esac" }
	for name, tt := range map[string]struct{ before, after string }{
		"eux":   {"set -eux", kept("x")},
		"euxv":  {"set -euxv", kept("x")},
		"a":     {"set -aeu", kept("a")},
		"ax":    {"set -ax", kept("a") + "; " + kept("x")},
		"f":     {"set -feu", kept("f")},
		"IFS":   {"IFS=0123456789k-; set -eu", ""},
		"plain": {"", "case $- in *a* | *x* | *e* | *u*) exit 71 ;; esac"},
	} {
		each(t, shells, func(t *testing.T, h helper) {
			t.Run(name, func(t *testing.T) {
				// The caller has both variables in the environment, with other values.
				r := job{helper: h, script: shWorker(tt.before, tt.after, "API_KEY", "GITHUB"), env: []string{"API_KEY=old", "GITHUB=old"},
					stored: map[string]string{"k": key1, "k2": key2},
					flags:  []string{"--ref", "plaintext:k", "--secret", "github=plaintext:k2"}}.run(t)
				if r.code != 0 || r.stdout != key1+key2 {
					t.Errorf("%s: exit code %d, read %q, want 0 and %q; stderr %q", tt.before, r.code, r.stdout, key1+key2, r.stderr)
				}
				if traces := strings.Contains(tt.before, "x"); strings.Contains(r.stderr, "read_secret") != traces {
					t.Errorf("%s: stderr %q, want a trace: %v", tt.before, r.stderr, traces)
				}
				for _, part := range []string{"sk-test", "0123456789abcdef", "ghp-test", "second line"} {
					if strings.Contains(r.stderr, part) {
						t.Errorf("%s: the trace shows the value: %q", tt.before, r.stderr)
					}
				}
				for _, e := range r.Child.Environ {
					if strings.HasPrefix(e, "API_KEY=") || strings.HasPrefix(e, "GITHUB=") {
						t.Errorf("%s: grandchild inherits %s", tt.before, e)
					}
				}
				r.gone(t, key1, key2)
			})
		})
	}
}

// What the comment says of newlines.
func TestShellNewline(t *testing.T) {
	each(t, shells, func(t *testing.T, h helper) {
		r := job{helper: h, script: h.script("API_KEY"), stored: map[string]string{"k": "two\nlines\n\n"},
			flags: []string{"--ref", "plaintext:k"}}.run(t)
		r.arrived(t, "two\nlines")
	})
}

// A pipe that could not be closed is empty.
func TestShellDrained(t *testing.T) {
	each(t, func(h helper) bool { return h.keepsHigh }, func(t *testing.T, h helper) {
		script := shWorker("n=$WG_API_KEY_FD", `[ -z "$(cat "/dev/fd/$n")" ] || exit 71`, "API_KEY")
		r := job{helper: h, script: script, stored: map[string]string{"k": key1}, files: occupied(t),
			flags: []string{"--ref", "plaintext:k"}}.run(t)
		r.arrived(t, key1)
	})
}

// Without set -e the function's status is all that the caller has; with it, a
// tested call must not end the script.
func TestShellStatus(t *testing.T) {
	const absent, empty, name = "was this started by wg-run?", "nothing to read", "the name has to"
	for script, tt := range map[string]struct{ stdout, stderr string }{
		"read_secret; echo $?":                                               {"1\n", absent},
		"set -eu; read_secret || echo handled":                               {"handled\n", absent},
		"set -eu; read_secret; echo not reached":                             {"", absent},
		"API_KEY=mine; read_secret || echo $API_KEY":                         {"mine\n", absent},
		"API_KEY=mine; WG_API_KEY_FD=9; read_secret || echo ${API_KEY-none}": {"none\n", empty},
		"read_secret 'x;touch pwned'; echo $?":                               {"1\n", name},
		"read_secret '$(touch pwned)'; echo $?":                              {"1\n", name},
		"read_secret github; echo $?":                                        {"1\n", name},
		"read_secret 2FA; echo $?":                                           {"1\n", name},
		"read_secret É; echo $?":                                             {"1\n", name},
	} {
		each(t, shells, func(t *testing.T, h helper) {
			r := job{helper: h, script: ". '" + here + "/read_secret.sh'; " + script}.run(t)
			if r.stdout != tt.stdout || !strings.Contains(r.stderr, tt.stderr) {
				t.Errorf("%s: stdout %q, stderr %q, want %q and %q", script, r.stdout, r.stderr, tt.stdout, tt.stderr)
			}
		})
	}
}
