package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// bare makes a world as a container without rights has it: a home that is mounted
// read-only, nothing in /tmp and /proc and no right to write there. What follows runs
// in it as somebody without a passwd entry, HOME being $1.
const bare = `set -e
home=$1; shift
mount -t tmpfs -o ro none /proc
mount -o bind "$home" /mnt
mount -o remount,bind,ro /mnt
mount -t tmpfs -o ro none /tmp
cd /mnt
exec setpriv --reuid 54321 --regid 54321 --clear-groups "$@"`

// A container that is read-only, without /proc and with a random uid, delivers from a
// file, a credential and the plaintext store.
func TestConfined(t *testing.T) {
	testrig.Need(t, "unshare", "setpriv")
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	p := strangers(t, someHome)
	p.mounts(0o444, map[string]string{"key": key + "-a"})
	home := filepath.Dir(p.wg)
	if err := os.Chmod(home, 0o555); err != nil {
		t.Fatal(err)
	}
	p.as = nil // setpriv makes it so
	p.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/mnt", "CREDENTIALS_DIRECTORY=/mnt/secrets"}
	in := func(argv ...string) result {
		return p.exec("", append([]string{"unshare", "--mount", "sh", "-c", bare, "sh", home}, argv...)...)
	}
	if got := in("true"); got.code != 0 {
		testrig.Cannot(t, os.NewSyscallError("unshare: "+got.stderr, syscall.EPERM))
	}
	if got := in("sh", "-c", "! touch /mnt/x 2>/dev/null && ! touch /tmp/x 2>/dev/null && ! test -e /proc/self"); got.code != 0 {
		t.Fatalf("the world is not what it is to be: %d, %q", got.code, got.stderr)
	}
	was := p.tree()
	for _, ref := range []string{"file:/mnt/secrets/key", "file:~/secrets/key", "credential:key", "plaintext:a"} {
		got := in("/mnt/wg-run", "--ref", ref, "--", "sh", "-c", "cat <&3")
		if got.code != 0 || got.stdout != key+"-a" || got.stderr != "" {
			t.Errorf("--ref %s there = %d, %q, stderr %q; want the value in silence", ref, got.code, got.stdout, got.stderr)
		}
	}
	for _, args := range [][]string{{"secret", "list"}, {"profile", "list"}, {"secret", "get", "a"}, {"--explain", "--", "true"}} {
		if got := in(append([]string{"/mnt/wg-run"}, args...)...); got.code != 0 {
			t.Errorf("wg-run %q there = %d, %q; want 0", args, got.code, got.stderr)
		}
	}
	for _, args := range writers[3:] {
		if got := in(append([]string{"/mnt/wg-run"}, args...)...); got.code != 1 || !denied.MatchString(got.stderr) {
			if args[0] != "migrate" { // has nothing to do here
				t.Errorf("wg-run %q there = %d, %q; want 1 and the reason", args, got.code, got.stderr)
			}
		}
	}
	p.unchanged(was, "a container that is read-only")
}

// Without standard input, output and error the secret is not on one of their numbers.
func TestClosedStreams(t *testing.T) {
	p := newPlace(t, someHome)
	out := filepath.Join(t.TempDir(), "out")
	for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"} {
		got := p.exec("", "sh", "-c", `"$0" --ref plaintext:a -- sh -c 'echo "$WG_API_KEY_FD $(cat <&3)" >"$0"' "$1" `+closed, p.bin, out)
		text, err := os.ReadFile(out)
		if got.code != 0 || err != nil || strings.TrimSpace(string(text)) != "3 "+key+"-a" {
			t.Errorf("a run with %s = %d, %q, %v; want the key on 3", closed, got.code, text, err)
		}
		_ = os.Remove(out)
	}
}
