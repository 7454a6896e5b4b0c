package release

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestDeb installs the .deb into an empty root with a dpkg database of its own, runs
// a worker there, where nothing but wg-run and the worker is, and removes it.
func TestDeb(t *testing.T) {
	testrig.Need(t, "dpkg", "dpkg-deb")
	r := release(t)
	deb := filepath.Join(r.outs[0], "wg-run_1.2.3_"+runtime.GOARCH+".deb")
	dir := emptyRoot(t)
	before := tree(t, dir)

	dpkg(t, dir, "--install", deb)
	checkInstalled(t, dir, r.clones[0])
	checkJob(t, dir)

	dpkg(t, dir, "--purge", "wg-run")
	after := tree(t, dir)
	maps.DeleteFunc(after, func(name string, _ fs.FileMode) bool {
		// dpkg's own notes, and the profile and the store, which are the user's
		return strings.HasPrefix(name, "var/lib/dpkg/") || strings.HasPrefix(name, "root/")
	})
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("dpkg --purge leaves %s", name)
		}
	}
}

// emptyRoot is a folder with an empty dpkg database, a home and a worker.
func emptyRoot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mustSh(t, dir, `umask 022; mkdir -p root var/lib/dpkg/info var/lib/dpkg/updates; chmod 700 root; : >var/lib/dpkg/status`)
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "worker"), "./testdata/worker")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the worker: %v\n%s", err, out)
	}
	return dir
}

// asRoot lets a command be root: a user is in a user namespace, as with unshare -r.
func asRoot(cmd *exec.Cmd) {
	attr := &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
}

func dpkg(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("dpkg", append([]string{"--root=" + dir, "--log=/dev/null"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "LC_ALL=C")
	asRoot(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// within runs a program in the root dir and returns what it printed.
func within(t *testing.T, dir, input string, line ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := &exec.Cmd{Path: line[0], Args: line, Dir: "/", Env: []string{"HOME=/root", "PATH=/usr/bin"},
		Stdin: strings.NewReader(input), Stdout: &out, Stderr: &errs}
	asRoot(cmd)
	cmd.SysProcAttr.Chroot = dir
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q in the new root: %v\n%s%s", line, err, &out, &errs)
	}
	return out.String()
}

// checkJob stores a secret and hands it to a worker.
func checkJob(t *testing.T, dir string) {
	t.Helper()
	const key = "sk-demo-5b1c0e7a9d34"
	within(t, dir, "", "/usr/bin/wg-run", "secret", "backend", "set", "age")
	within(t, dir, key, "/usr/bin/wg-run", "secret", "set", "demo", "--from-stdin")
	within(t, dir, "", "/usr/bin/wg-run", "profile", "create", "demo", "--model", "demo-model")
	if got, want := within(t, dir, "", "/usr/bin/wg-run", "--profile", "demo", "--", "/worker"), key+" for demo-model"; got != want {
		t.Errorf("the worker printed %q, want %q", got, want)
	}
}

// checkInstalled looks for each file where Debian has such files, with its mode.
func checkInstalled(t *testing.T, dir, clone string) {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(clone, "docs/man/*.[157]"))
	if err != nil || len(pages) < 3 {
		t.Fatalf("docs/man has %q (%v), want three pages or more", pages, err)
	}
	for _, page := range pages {
		name := filepath.Base(page)
		checkSame(t, page, filepath.Join(dir, "usr/share/man/man"+name[len(name)-1:], name+".gz"))
	}
	for shell, name := range map[string]string{"bash": "bash-completion/completions/wg-run",
		"zsh": "zsh/vendor-completions/_wg-run", "fish": "fish/vendor_completions.d/wg-run.fish"} {
		got, err := os.ReadFile(filepath.Join(dir, "usr/share", name))
		if want := within(t, dir, "", "/usr/bin/wg-run", "completion", shell); err != nil || string(got) != want {
			t.Errorf("usr/share/%s is not what `wg-run completion %s` prints (%v)", name, shell, err)
		}
	}
	installed := tree(t, filepath.Join(dir, "usr"))
	for _, name := range []string{"share/doc/wg-run/copyright", "share/doc/wg-run/README.md", "share/doc/wg-run/docs/threat-model.md", "share/doc/wg-run/docs/bench.svg", "share/doc/wg-run/LICENSE.libraries", "share/doc/wg-run/changelog.gz"} {
		if _, ok := installed[name]; !ok {
			t.Errorf("usr/%s is not there; there are %q", name, slices.Sorted(maps.Keys(installed)))
		}
	}
	for name, mode := range installed {
		text, _ := os.ReadFile(filepath.Join(dir, "usr", name)) // a folder has none
		checkLinks(t, name, text, func(target string) bool { _, ok := installed[target]; return ok })
		want := fs.FileMode(0o644)
		if strings.HasSuffix(name, "/") || name == "bin/wg-run" {
			want = 0o755
		}
		if mode.Perm() != want {
			t.Errorf("usr/%s has mode %v, want %v", name, mode.Perm(), want)
		}
	}
}

// checkSame compares a file with a compressed one, whose header has neither name nor time.
func checkSame(t *testing.T, plain, packed string) {
	t.Helper()
	want, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(packed)
	if err != nil {
		t.Error(err)
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", packed, err)
		return
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, want) || z.Name != "" || !z.ModTime.IsZero() {
		t.Errorf("%s is not %s, or has a name or a time (%q, %v, %v)", packed, plain, z.Name, z.ModTime, err)
	}
}
