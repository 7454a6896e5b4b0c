//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// home makes a WG_HOME with a plaintext store that holds k, and returns the
// environment of a run and the path of wg-run.
func home(t *testing.T) (env []string, bin string) {
	t.Helper()
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "wg")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.toml":  "[secrets]\nallow_plaintext = true\ndefault_backend = \"plaintext\"\n",
		"secrets.toml": "version = 1\n[secrets]\nk = \"sk-or-v1-0123456789abcdef\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append(os.Environ(), "WG_HOME="+dir), bin
}

// TestNothingIsWritten follows a run up to the worker with strace: no file is
// opened for writing or made, and the value goes into nothing but a descriptor
// that has no path.
func TestNothingIsWritten(t *testing.T) {
	testrig.Need(t, "strace")
	for _, channel := range []string{"pipe", "memfd"} {
		env, bin := home(t)
		log := filepath.Join(t.TempDir(), "strace")
		cmd := exec.Command("strace", "-f", "-s", "256", "-y", "-o", log,
			"-e", "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,write,pwrite64,sendto,sendmsg,execve",
			bin, "--ref", "plaintext:k", "--via", channel, "--", "/bin/true")
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("strace %s: %v: %s", channel, err, out)
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		before, _, found := strings.Cut(string(text), `execve("/bin/true"`)
		if !found {
			t.Fatalf("%s: the worker's execve is not in the trace", channel)
		}
		for line := range strings.Lines(before) {
			checkCall(t, channel, line)
		}
	}
}

func checkCall(t *testing.T, channel, line string) {
	t.Helper()
	for _, bad := range []string{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "creat(", "mkdir", "rename", "link"} {
		if strings.Contains(line, bad) && !strings.Contains(line, "ENOENT") {
			t.Errorf("%s: a file was made or opened for writing: %s", channel, line)
		}
	}
	if !strings.Contains(line, "sk-or-v1") {
		return
	}
	into := map[string]string{"pipe": "<pipe:[", "memfd": "</memfd:wg-run:api_key"}[channel]
	if !strings.Contains(line, "write(") || !strings.Contains(line, into) {
		t.Errorf("%s: the value went elsewhere: %s", channel, line)
	}
}
