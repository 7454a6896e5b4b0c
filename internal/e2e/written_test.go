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

// calls are the system calls that make, change or send something.
const calls = "trace=open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat," +
	"truncate,ftruncate,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,execve"

// TestNothingIsWritten follows a run up to the worker with strace: no file is
// opened for writing or made, and the value goes into nothing but a descriptor
// that has no path.
func TestNothingIsWritten(t *testing.T) {
	testrig.Need(t, "strace", "dbus-daemon", "gnome-keyring-daemon")
	env, bin := home(t)
	bus, err := testrig.StartBus(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	if err := bus.StartKeyring(); err != nil {
		t.Fatal(err)
	}
	env = append(env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	set := exec.Command(bin, "secret", "set", "k", "--backend", "keyring", "--from-stdin")
	set.Env, set.Stdin = env, strings.NewReader("sk-or-v1-0123456789abcdef")
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("secret set: %v: %s", err, out)
	}
	for _, args := range [][]string{{"backend", "set", "age"}, {"set", "k", "--from-stdin"}} {
		cmd := exec.Command(bin, append([]string{"secret"}, args...)...)
		cmd.Env, cmd.Stdin = env, strings.NewReader("sk-or-v1-0123456789abcdef")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("secret %q: %v: %s", args, err, out)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "k"), []byte("sk-or-v1-0123456789abcdef"), 0o444); err != nil {
		t.Fatal(err)
	}
	env = append(env, "CREDENTIALS_DIRECTORY="+dir)
	for _, ref := range []string{"plaintext:k", "keyring:k", "age:k", "credential:k", "file:" + dir + "/k"} {
		for channel, into := range map[string]string{"pipe": "<pipe:[", "memfd": "</memfd:wg-run:api_key"} {
			name := ref + " by " + channel
			for line := range strings.Lines(traced(t, env, bin, ref, channel)) {
				checkCall(t, name, into, line)
			}
		}
	}
}

// traced returns the calls of a run up to the worker.
func traced(t *testing.T, env []string, bin, ref, channel string) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	cmd := exec.Command("strace", "-f", "-s", "256", "-y", "-o", log, "-e", calls,
		bin, "--ref", ref, "--via", channel, "--", "/bin/true")
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("strace %s: %v: %s", ref, err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(text), `execve("/bin/true"`)
	if !found || !strings.Contains(before, "sk-or-v1") {
		t.Fatalf("%s: the worker's execve, or the value's way, is not in the trace", ref)
	}
	return before
}

func checkCall(t *testing.T, name, into, line string) {
	t.Helper()
	for _, bad := range []string{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "creat(", "mkdir", "mknod", "rename", "link", "truncate"} {
		if strings.Contains(line, bad) && !strings.Contains(line, "ENOENT") {
			t.Errorf("%s: a file was made or opened for writing: %s", name, line)
		}
	}
	if strings.Contains(line, "sk-or-v1") && !(strings.Contains(line, "write(") && strings.Contains(line, into)) {
		t.Errorf("%s: the value went elsewhere: %s", name, line)
	}
}
