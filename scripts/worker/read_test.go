//go:build linux

package worker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	key1 = "sk-test-0123456789abcdef $(id) `id` %s \\n * ' \" last"
	key2 = "ghp-test-fedcba9876543210\nsecond line, \tüñ end"
)

func TestRead(t *testing.T) {
	overChannels(t, func(t *testing.T, h helper, channel string) {
		r := job{helper: h, script: h.script("API_KEY"), stored: map[string]string{"k": key1},
			flags: []string{"--via", channel, "--ref", "plaintext:k"}}.run(t)
		r.arrived(t, key1)
		r.gone(t, key1)
	})
}

// A value is bytes; what a shell variable cannot hold is left out there.
func TestAnyBytes(t *testing.T) {
	value := "\n"
	for b := 1; b < 256; b++ {
		value += string([]byte{byte(b)})
	}
	overChannels(t, func(t *testing.T, h helper, channel string) {
		value := value
		if !h.shell {
			value = "\x00" + value + "\r\n\x00\n\n"
		}
		file := filepath.Join(t.TempDir(), "value")
		if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		r := job{helper: h, script: h.script("API_KEY"), stored: map[string]string{},
			flags: []string{"--via", channel, "--ref", "file:" + file}}.run(t)
		r.arrived(t, value)
		r.gone(t, value)
	})
}

func TestSeveral(t *testing.T) {
	overChannels(t, func(t *testing.T, h helper, channel string) {
		// Not in the order of their numbers.
		r := job{helper: h, script: h.script("GITHUB", "API_KEY"), stored: map[string]string{"k": key1, "k2": key2},
			flags: []string{"--via", channel, "--ref", "plaintext:k", "--secret", "github=plaintext:k2"}}.run(t)
		r.arrived(t, key2+key1)
		r.gone(t, key1, key2)
	})
}

// One read at a time leaves the other secret alone: the variables of API_KEY are
// set, and its descriptor is open, until it is read itself.
func TestOneOfTwo(t *testing.T) {
	each(t, every, func(t *testing.T, h helper) {
		r := job{helper: h, script: h.script("GITHUB"), stored: map[string]string{"k": key1, "k2": key2},
			flags: []string{"--ref", "plaintext:k", "--secret", "github=plaintext:k2"}}.run(t)
		r.arrived(t, key2)
		mine, other := r.handed["WG_GITHUB_FD"], r.handed["WG_API_KEY_FD"]
		if got := r.Worker.Open[other.Number]; got != other.Object {
			t.Errorf("descriptor %d of API_KEY is now %q, want %q", other.Number, got, other.Object)
		}
		if got := r.Worker.Open[mine.Number]; got == mine.Object {
			t.Errorf("descriptor %d of GITHUB is still open", mine.Number)
		}
	})
}

// Large values: what a pipe holds, and as much as there can be.
func TestLarge(t *testing.T) {
	for channel, size := range map[string]int{"pipe": 60 << 10, "memfd": 1 << 20} {
		each(t, every, func(t *testing.T, h helper) {
			value := strings.Repeat("0123456789abcde\n", size/16-1) + "0123456789abcdef"
			r := job{helper: h, script: h.script("API_KEY"), stored: map[string]string{"k": value},
				flags: []string{"--via", channel, "--ref", "plaintext:k"}}.run(t)
			r.arrived(t, value)
			r.gone(t, value)
		})
	}
}

// occupied are files for descriptors 3 to 9, so that the secret gets a number
// from 10 on.
func occupied(t *testing.T) (files []*os.File) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	for range 7 {
		files = append(files, null)
	}
	return files
}

func TestHighNumber(t *testing.T) {
	overChannels(t, func(t *testing.T, h helper, channel string) {
		r := job{helper: h, script: h.script("API_KEY"), stored: map[string]string{"k": key1}, files: occupied(t),
			flags: []string{"--via", channel, "--ref", "plaintext:k"}}.run(t)
		got := r.handed["WG_API_KEY_FD"]
		if got.Number < 10 {
			t.Fatalf("the descriptor is %d, want 10 or more", got.Number)
		}
		if !h.keepsHigh {
			r.arrived(t, key1)
			r.gone(t, key1)
			return
		}
		if r.code != 0 || r.stdout != key1 {
			t.Errorf("worker: exit code %d, read %q, want 0 and %q", r.code, r.stdout, key1)
		}
		const warning = "read_secret: this shell cannot close descriptor"
		if warned := strings.Contains(r.stderr, warning); warned != (channel == "memfd") {
			t.Errorf("stderr: %q, want a warning for a memory file only", r.stderr)
		}
		if r.Child.Open[got.Number] != got.Object {
			t.Errorf("descriptor %d is closed: the comment in read_secret.sh is out of date", got.Number)
		}
	})
}

func TestGoExample(t *testing.T) {
	for _, channel := range channels {
		cmd := exec.Command(wgRun, "--via", channel, "--ref", "plaintext:k", "--", example)
		cmd.Env = append(clean(os.Environ()), "WG_HOME="+store(t, map[string]string{"k": key1}))
		out, err := cmd.CombinedOutput()
		if want := fmt.Sprintln(len(key1), "bytes"); err != nil || string(out) != want {
			t.Errorf("example via %s: %q, %v, want %q", channel, out, err, want)
		}
	}
	cmd := exec.Command(example)
	cmd.Env = clean(os.Environ())
	out, err := cmd.CombinedOutput()
	if want := "worker: reading WG_API_KEY_FD: no descriptor was handed over\n"; err == nil || string(out) != want {
		t.Errorf("example without wg-run: %q, %v, want %q and exit code 1", out, err, want)
	}
}
