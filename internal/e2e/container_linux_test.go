package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// mounts makes a folder beside the stranger's home with these files, all of them root's.
func (p *place) mounts(mode os.FileMode, files map[string]string) (dir string) {
	p.t.Helper()
	dir = filepath.Join(filepath.Dir(p.wg), "secrets")
	err := os.MkdirAll(dir, 0o755)
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
		if err == nil {
			err = os.Chmod(filepath.Join(dir, name), mode)
		}
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return dir
}

// gets wants a run to hand over the key.
func (p *place) gets(ref string) {
	p.t.Helper()
	if got := p.run("", "--ref", ref, "--", "cat", "/dev/fd/3"); got.code != 0 || got.stdout != key || got.stderr != "" {
		p.t.Errorf("--ref %s = %d, %q, stderr %q; want the key in silence", ref, got.code, got.stdout, got.stderr)
	}
}

// homeless has no passwd entry, and no home or another one's.
func homeless(t *testing.T) []*place {
	var all []*place
	for _, home := range []string{"", "HOME=/", "HOME=/nonexistent"} {
		p := strangers(t, nil)
		p.env = []string{"PATH=" + os.Getenv("PATH")}
		if home != "" {
			p.env = append(p.env, home)
		}
		all = append(all, p)
	}
	return all
}

// What Docker mounts at /run/secrets is root's and 0444, also for another uid.
func TestDockerSecret(t *testing.T) {
	for _, p := range homeless(t) {
		dir := p.mounts(0o444, map[string]string{"key": key + "\n"})
		p.gets("file:" + dir + "/key")
		if err := os.Symlink(dir+"/key", filepath.Join(filepath.Dir(p.wg), "link")); err != nil {
			t.Fatal(err)
		}
		p.gets("file:" + filepath.Dir(p.wg) + "/link")
	}
}

// One that may not be read ends the run with a reason: nothing else is tried.
func TestSecretDenied(t *testing.T) {
	p := strangers(t, someHome)
	dir := p.mounts(0, map[string]string{"key": key})
	p.env = append(p.env, "CREDENTIALS_DIRECTORY="+dir)
	for _, ref := range []string{"file:" + dir + "/key", "credential:key"} {
		p.refused(125, regexp.MustCompile(`^wg-run: resolving `+ref+`: permission denied\nwg-run: hint: wg-run is uid \d+ here; `), "",
			"--ref", ref, "--secret", "b=plaintext:b", "--", "touch", dir+"/started")
	}
	if _, err := os.Stat(dir + "/started"); err == nil {
		t.Error("a run without one of its secrets: the worker was started")
	}
}

// A systemd unit's credentials: a folder and files that only its user may read.
func TestCredentials(t *testing.T) {
	for _, p := range homeless(t) {
		dir := p.mounts(0o400, map[string]string{"key": key})
		if p.as != nil {
			for _, path := range []string{dir, dir + "/key"} {
				if err := os.Chown(path, int(p.as.Uid), int(p.as.Gid)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		p.env = append(p.env, "CREDENTIALS_DIRECTORY="+dir)
		p.gets("credential:key")
		p.refused(125, regexp.MustCompile(`^wg-run: resolving credential:nosuch: no such credential\nwg-run: hint: .*LoadCredential=nosuch:`), "",
			"--ref", "credential:nosuch", "--", "true")
	}
}

// Somebody else's home is not passed over: what stands there may say what is allowed.
func TestHomeDenied(t *testing.T) {
	p := strangers(t, someHome)
	if err := os.Chmod(p.wg, 0); err != nil {
		t.Fatal(err)
	}
	p.refused(125, regexp.MustCompile(`^wg-run: reading config.toml: .*permission denied\nwg-run: hint: .*WG_HOME`), "", "--ref", "literal:x", "--", "true")
	p.env = append(p.env, "WG_HOME=/nonexistent")
	p.must("", "--ref", "literal:x", "--", "true")
}
