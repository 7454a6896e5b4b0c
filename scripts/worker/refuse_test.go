//go:build linux

package worker_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// refused checks that a worker without wg-run ends with an error that says why.
func refused(t *testing.T, h helper, fd string, file *os.File, why string) {
	t.Helper()
	j := job{helper: h, script: h.script("API_KEY")}
	if fd != "unset" {
		j.env = []string{"WG_API_KEY_FD=" + fd, "WG_API_KEY_FILE=/dev/fd/" + fd}
	}
	if file != nil {
		j.files = []*os.File{file}
	}
	r := j.run(t)
	if r.code != 1 || r.stdout != "" || r.Child.Cmdline != nil {
		t.Errorf("WG_API_KEY_FD %q: exit code %d, stdout %q, want 1 and nothing", fd, r.code, short(r.stdout))
	}
	if !strings.Contains(r.stderr, "WG_API_KEY_FD") || !strings.Contains(r.stderr, why) {
		t.Errorf("WG_API_KEY_FD %q: stderr %q, want it to name the variable and %q", fd, r.stderr, why)
	}
}

func TestNotUnderWgRun(t *testing.T) {
	each(t, every, func(t *testing.T, h helper) { refused(t, h, "unset", nil, "was this started by wg-run?") })
}

func TestNotANumber(t *testing.T) {
	for _, fd := range []string{"", "3x", " 3", "-1", "+3", "3;touch pwned", "$(touch pwned)", "3 </etc/passwd", "٣"} {
		each(t, every, func(t *testing.T, h helper) { refused(t, h, fd, nil, "number") })
	}
}

func TestNotOpen(t *testing.T) {
	for _, fd := range []string{"8", "999999999", "99999999999999999999"} {
		each(t, every, func(t *testing.T, h helper) { refused(t, h, fd, nil, "") })
	}
}

func TestEmptyPipe(t *testing.T) {
	each(t, every, func(t *testing.T, h helper) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		_ = w.Close()
		refused(t, h, "3", r, "nothing to read")
	})
}

// A number that has become something else is refused unread; a shell does not look.
func TestOtherKind(t *testing.T) {
	for _, path := range []string{"/dev/zero", "/"} {
		each(t, others, func(t *testing.T, h helper) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			refused(t, h, "3", f, "neither a pipe, a socket nor a memory file")
		})
	}
}

// regular is a file that stands where a memory file would, read to its end.
func regular(t *testing.T, value string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err == nil {
		t.Cleanup(func() { _ = f.Close() })
		_, err = io.WriteString(f, value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A shell has no bound.
func TestTooLarge(t *testing.T) {
	each(t, others, func(t *testing.T, h helper) {
		refused(t, h, "3", regular(t, strings.Repeat("x", 1<<20+1)), "more than 1048576 bytes")
	})
}

// Who inherited a memory file shares its offset; a shell cannot seek.
func TestReadBefore(t *testing.T) {
	each(t, others, func(t *testing.T, h helper) {
		r := job{helper: h, script: h.script("API_KEY"), files: []*os.File{regular(t, key1)}, env: []string{"WG_API_KEY_FD=3"}}.run(t)
		r.arrived(t, key1)
	})
}

// What is still being written comes in pieces.
func TestPieces(t *testing.T) {
	each(t, every, func(t *testing.T, h helper) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		value := strings.Repeat("x", 300<<10) // a pipe holds 64 KiB
		go func() {
			_, _ = io.WriteString(w, value)
			_ = w.Close()
		}()
		got := job{helper: h, script: h.script("API_KEY"), files: []*os.File{r}, env: []string{"WG_API_KEY_FD=3"}}.run(t)
		got.arrived(t, value)
	})
}

// A second call finds nothing, and says so.
func TestTwice(t *testing.T) {
	overChannels(t, func(t *testing.T, h helper, channel string) {
		r := job{helper: h, script: h.script("API_KEY", "API_KEY"), stored: map[string]string{"k": key1},
			flags: []string{"--via", channel, "--ref", "plaintext:k"}}.run(t)
		if r.code != 1 || !strings.Contains(r.stderr, "was this started by wg-run?") {
			t.Errorf("second call: exit code %d, stderr %q, want 1 and an error", r.code, r.stderr)
		}
		if strings.Contains(r.stderr, key1) {
			t.Errorf("stderr shows the value: %q", r.stderr)
		}
	})
}

// The few lines at the end of the Python and Node files; the name is as in
// --secret here.
func TestLength(t *testing.T) {
	each(t, others, func(t *testing.T, h helper) {
		argv := append([]string{"--secret", "git.hub=plaintext:k", "--"}, h.find(t)...)
		cmd := exec.Command(wgRun, append(argv, here+"/read_secret"+h.ext, "--length", "git.hub")...)
		cmd.Env = append(clean(os.Environ()), "WG_HOME="+store(t, map[string]string{"k": key1}))
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != fmt.Sprintln(len(key1)) {
			t.Errorf("--length git.hub: %q, %v, want %d", out, err, len(key1))
		}
	})
}
